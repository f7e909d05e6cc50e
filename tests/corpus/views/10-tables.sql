-- Views six deep, that can be written through or only seem so, and what is stored of them.

create table account (id serial primary key, owner text not null, balance numeric(12, 2) not null default 0, active boolean not null default true);
create table movement (id bigserial primary key, account int not null references account (id), amount numeric(12, 2) not null, at date not null default '2024-06-01');
create table currency (code text primary key, rate numeric not null);
create table account_log (id serial primary key, text text not null);
create table memo (id int primary key, title text not null, body text);
create table memo_trash (id int, title text);
create table stays (account int primary key, label text);

create view v1 as select id, owner, balance, active from account where active;
create view v2 as select id, owner, balance from v1 where balance >= 0 with local check option;
create view v3 (number, who, money) as select id, owner, balance from v2;
create view v4 as select v3.*, upper(who) as loud from v3 where money < 1000000 with cascaded check option;
create view v5 with (security_barrier) as select number, who, money from v4 where who <> 'secret';
create view v6 as select number, who, money, (select count(*) from movement m where m.account = number) as moves from v5;
alter view v2 alter column balance set default 5;
create view stays_joined as select s.label, v.who, v.money from stays s join v6 v on v.number = s.account;

create recursive view chain (n, total) as
  select id, balance from account where id = 1
  union all select a.id, (total + a.balance)::numeric(12, 2) from account a join chain on a.id = n + 1;
create view monthly as
  select account, date_trunc('month', at)::date as month, sum(amount) as amount,
         sum(sum(amount)) over (partition by account order by date_trunc('month', at)) as running
    from movement group by account, date_trunc('month', at);
create view grouped_by_key as select a.*, count(m.id) as moves from account a left join movement m on m.account = a.id group by a.id;
create view both_sides as select 'account' as kind, id::text as key from account union all select 'currency', code from currency;
create view lateral_last as
  select a.owner, l.amount, l.at from account a, lateral (select * from movement m where m.account = a.id order by m.id desc limit 1) l;

create materialized view rich as select number, who, money from v5 where money > 100;
create unique index rich_number on rich (number);
create materialized view rich_moves as select r.who, m.amount, m.at from rich r join movement m on m.account = r.number;
create view on_stored as select who, sum(amount) as amount from rich_moves group by who;
create materialized view empty_one as select * from on_stored with no data;

-- Written through triggers and through rules.
create view account_movement as select m.id, a.owner, m.amount from movement m join account a on a.id = m.account;
create function write_movement() returns trigger language plpgsql as $$
declare who int;
begin
  if tg_op = 'DELETE' then delete from movement where id = old.id; return old; end if;
  select id into who from account where owner = new.owner;
  if who is null then insert into account (owner) values (new.owner) returning id into who; end if;
  if tg_op = 'INSERT' then insert into movement (account, amount) values (who, new.amount) returning id into new.id;
  else update movement set account = who, amount = new.amount where id = old.id; end if;
  insert into account_log (text) values (tg_op || ' ' || tg_table_name);
  return new;
end $$;
create trigger account_movement_write instead of insert or update or delete on account_movement
  for each row execute function write_movement();

create view rate as select code, rate from currency c;
create rule rate_new as on insert to rate do instead
  insert into currency values (new.code, new.rate) on conflict (code) do update set rate = excluded.rate returning code, rate;
create rule rate_gone as on delete to rate do instead update currency set rate = 0 where code = old.code;
create rule rate_noted as on update to rate do also insert into account_log (text) values ('rate ' || new.code);
create rule memo_kept as on delete to memo do also insert into memo_trash values (old.id, old.title);

comment on view v4 is 'the fourth';
comment on column v6.moves is 'how many';
grant select on v6 to public;

insert into account (owner, balance, active) values ('Kim', 500, true), ('Lee', 50, true), ('secret', 900, true), ('Old', 10, false);
insert into movement (account, amount, at) values (1, 200, '2024-01-05'), (1, 300, '2024-02-06'), (2, 50, '2024-02-07'), (4, 10, '2023-12-31');
insert into currency values ('eur', 1), ('krw', 1450);
insert into memo values (1, 'a', 'x'), (2, 'b', null);
insert into stays values (1, 'first'), (2, 'second');
refresh materialized view rich;
refresh materialized view rich_moves;
