-- What the dashboard shows first: requests of each service, and how many users there are.
select m.service, sum(m.requests)::text as requests, (select count(*) from users) as users
  from dashboard_metrics m
 where exists (select 1 from public.audit_log a where a.table_name <> 'nothing')
 group by m.service
 order by m.service;
