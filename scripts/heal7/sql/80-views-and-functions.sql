create view active_users as
  select id, email, nickname, last_login_at from users where status = 'active';

-- On top of another view, and over three services.
create view user_overview as
  select u.id, u.nickname, p.birth_date, year_ganji(extract(year from p.birth_date)::integer) as ganji, a.balance,
         (select count(*) from saju_charts c where c.user_id = u.id) as charts
    from active_users u
    join user_profiles p on p.user_id = u.id
    left join point_accounts a on a.user_id = u.id;

create view popular_dreams as
  select i.id, c.name as category, i.title, i.view_count,
         row_number() over (partition by i.category_id order by i.view_count desc, i.id) as place
    from dream_interpretations i join dream_categories c on c.id = i.category_id;

create view daily_revenue as
  select p.paid_at::date as day, d.name as product, sum(p.amount) as revenue, count(*) as orders
    from payments p join products d on d.id = p.product_id
   where p.status = 'paid'
   group by 1, 2;

create materialized view daily_activity as
  select day, sum(payments)::bigint as payments, sum(readings)::bigint as readings
    from (select paid_at::date as day, 1 as payments, 0 as readings from payments
          union all
          select created_at::date, 0, 1 from saju_readings) activity
   group by day;
create unique index daily_activity_day_idx on daily_activity (day);

create function user_display_name(user_number integer) returns text language sql stable as $$
  select nickname || ' 님' from users where id = user_number
$$;

create function dream_count(category_slug text) returns bigint language sql stable as $$
  select count(*) from dream_interpretations i join dream_categories c on c.id = i.category_id where c.slug = category_slug
$$;

create function find_dreams(keyword text) returns table (id bigint, title text, category text) language plpgsql stable as $$
begin
  return query
    select i.id, i.title, c.name from dream_interpretations i join dream_categories c on c.id = i.category_id
     where i.keywords @> array[keyword] order by i.id limit 10;
end
$$;

-- Over two tables, by their bare names, as the code of a monolith has it.
create function grant_points(user_number integer, amount integer, reason text) returns integer language plpgsql as $$
declare
  new_balance integer;
begin
  update point_accounts set balance = balance + amount where user_id = user_number returning balance into new_balance;
  insert into point_entries (user_id, amount, reason) values (user_number, amount, reason);
  return new_balance;
end
$$;

-- Applications may not write the log themselves, so it is written in the owner's name.
create function write_audit() returns trigger language plpgsql security definer as $$
begin
  insert into audit_log (table_name, action, row_id, changed)
  values (tg_table_name, tg_op, to_jsonb(new) ->> 'id', jsonb_build_object('시각', now()));
  return null;
end
$$;
