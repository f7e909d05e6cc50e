create table audit_log (
  id bigserial primary key,
  table_name text not null,
  action text not null,
  row_id text,
  actor text not null default current_user,
  changed jsonb,
  created_at timestamptz not null default now()
);

insert into audit_log (table_name, action, row_id, actor, changed, created_at)
select (array['users', 'payments'])[1 + n % 2], 'UPDATE', n::text, 'heal7_app', jsonb_build_object('사유', '정기 점검'),
       timestamptz '2025-06-01 00:00+09' + n * interval '25 minutes'
  from generate_series(1, 10000) n;

create index audit_log_row_idx on audit_log (table_name, row_id);

create table dashboard_metrics (
  metric_date date not null,
  service text not null,
  requests bigint not null default 0,
  errors bigint not null default 0,
  primary key (metric_date, service)
);

insert into dashboard_metrics (metric_date, service, requests, errors)
select date '2025-01-01' + day, service, 1000 + day * 3, day % 7
  from generate_series(0, 364) day,
       unnest(array['shared_common', 'saju', 'dream', 'crawler', 'tarot', 'payment', 'admin']) service;

create table admin_notices (
  id serial primary key,
  author_id integer not null references users (id),
  attachment_id integer references attachments (id),
  title text not null,
  body text not null default '',
  published_at timestamptz
);

insert into admin_notices (author_id, attachment_id, title, body, published_at)
select n, case when n % 2 = 0 then n end, '공지사항 ' || n, '서버 점검 안내', timestamptz '2025-02-01 09:00+09' + n * interval '6 days'
  from generate_series(1, 50) n;

-- Nobody remembers who reads this one, so no service claims it.
create table legacy_settings (
  setting_key text primary key,
  setting_value text
);

insert into legacy_settings (setting_key, setting_value)
select 'heal7.' || n, '값 ' || n from generate_series(1, 30) n;
