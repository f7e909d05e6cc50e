create table users (
  id serial primary key,
  email email_address not null constraint users_email_key unique,
  nickname varchar(40) not null,
  password_hash text not null,
  status user_status not null default 'active',
  locale text not null default 'ko-KR',
  login_count bigint not null default 0,
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_login_count_check check (login_count >= 0)
);
comment on table users is '모든 서비스가 함께 쓰는 회원';
comment on column users.login_count is '누적 로그인 횟수';

insert into users (email, nickname, password_hash, status, login_count, last_login_at, created_at, updated_at)
select 'user' || n || '@heal7.example', korean_name(n) || n, md5('password ' || n),
       (case when n % 41 = 0 then 'withdrawn' when n % 11 = 0 then 'dormant' else 'active' end)::user_status,
       n % 50, timestamptz '2025-12-31 12:00+09' - n % 9000 * interval '1 minute',
       timestamptz '2023-01-01 00:00+09' + n * interval '77 minutes', timestamptz '2025-12-31 12:00+09'
  from generate_series(1, 20000) n;

create index users_nickname_idx on users (lower(nickname));
create index users_dormant_idx on users (last_login_at) where status = 'dormant';

create table user_profiles (
  user_id integer primary key references users (id) on delete cascade,
  gender char(1) check (gender in ('F', 'M')),
  birth_date date not null,
  birth_time time,
  is_lunar boolean not null default false,
  preferences jsonb not null default '{}',
  updated_at timestamptz not null default now()
);

insert into user_profiles (user_id, gender, birth_date, birth_time, is_lunar, preferences, updated_at)
select id, case id % 2 when 0 then 'F' else 'M' end, date '1950-01-01' + id * 37 % 20000,
       time '00:00' + id % 24 * interval '1 hour', id % 7 = 0,
       jsonb_build_object('테마', case id % 3 when 0 then '달' when 1 then '해' else '별' end, 'alarm', id % 2 = 0),
       timestamptz '2025-12-31 12:00+09'
  from users;

create index user_profiles_preferences_idx on user_profiles using gin (preferences);

create table user_sessions (
  id bigint generated always as identity primary key,
  user_id integer not null references users (id) on delete cascade,
  session_token uuid not null unique,
  device text not null default 'web',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 days'
);

insert into user_sessions (user_id, session_token, device, created_at, expires_at)
select 1 + n * 7 % 20000, md5('session ' || n)::uuid, (array['web', 'android', 'ios'])[1 + n % 3],
       timestamptz '2025-12-01 00:00+09' + n * interval '2 minutes',
       timestamptz '2026-12-01 00:00+09' + n * interval '2 minutes'
  from generate_series(1, 20000) n;

create index user_sessions_user_id_idx on user_sessions (user_id);
create index user_sessions_mobile_idx on user_sessions (expires_at) where device <> 'web';

create table attachments (
  id serial primary key,
  user_id integer not null references users (id),
  file_name text not null,
  mime_type text not null,
  byte_size bigint not null check (byte_size > 0),
  checksum text not null,
  created_at timestamptz not null default now()
);

insert into attachments (user_id, file_name, mime_type, byte_size, checksum, created_at)
select 1 + n * 13 % 20000, '꿈그림-' || n || '.png', 'image/png', 1000 + n * 31, md5('file ' || n),
       timestamptz '2025-01-01 00:00+09' + n * interval '45 minutes'
  from generate_series(1, 10000) n;

create index attachments_user_id_idx on attachments (user_id);
