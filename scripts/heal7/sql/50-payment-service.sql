create table products (
  id serial primary key,
  code text not null unique,
  name text not null,
  price numeric(12, 0) not null check (price >= 0)
);

insert into products (code, name, price)
select 'P' || lpad(n::text, 3, '0'), (array['평생 사주', '신년 운세', '궁합', '타로 상담'])[1 + n % 4] || ' ' || n, n * 1100
  from generate_series(1, 12) n;

create table payments (
  id bigint generated always as identity primary key,
  user_id integer not null references users (id),
  product_id integer not null references products (id),
  order_no text not null constraint payments_order_no_key unique,
  amount numeric(12, 0) not null check (amount > 0),
  status payment_status not null default 'pending',
  paid_at timestamptz,
  meta jsonb not null default '{}'
);
comment on constraint payments_order_no_key on payments is 'PG사 재시도를 막는다';

insert into payments (user_id, product_id, order_no, amount, status, paid_at, meta)
select 1 + n * 17 % 20000, 1 + n % 12, '2025-' || lpad(n::text, 8, '0'), (1 + n % 12) * 1100,
       (case when n % 30 = 0 then 'refunded' when n % 17 = 0 then 'cancelled' else 'paid' end)::payment_status,
       timestamptz '2025-01-01 09:00+09' + n * interval '35 minutes', jsonb_build_object('method', '카카오페이')
  from generate_series(1, 15000) n;

create index payments_user_id_idx on payments (user_id);
create index payments_paid_at_idx on payments (paid_at) where status = 'paid';
create statistics payments_product_status (dependencies) on product_id, status from payments;

create table point_accounts (
  user_id integer primary key references users (id) on delete cascade,
  balance points not null default 0,
  updated_at timestamptz not null default now()
);

insert into point_accounts (user_id, balance, updated_at)
select id, id % 700, timestamptz '2025-12-31 12:00+09' from users;

create table point_entries (
  id bigserial primary key,
  user_id integer not null references point_accounts (user_id) on delete cascade,
  payment_id bigint references payments (id),
  amount integer not null check (amount <> 0),
  reason text not null,
  created_at timestamptz not null default now()
);

insert into point_entries (user_id, payment_id, amount, reason, created_at)
select user_id, id, 10 + id % 90, '구매 적립', paid_at from payments;

create index point_entries_user_id_idx on point_entries (user_id);
