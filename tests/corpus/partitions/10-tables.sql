-- Partitions of partitions of partitions, attached in another order of columns; trees of inheritance; keys to and from them.

create table region (code text primary key, name text not null);
create table sale (
  id bigint generated always as identity,
  region text not null references region (code) on update cascade,
  sold date not null,
  buyer int not null,
  amount numeric(10, 2) not null default 1.00 check (amount > 0),
  tax numeric(10, 2) generated always as (amount * 0.1) stored,
  constraint sale_pkey primary key (region, sold, buyer, id)
) partition by list (region);
create table sale_kr partition of sale for values in ('kr') partition by range (sold);
create table sale_kr_2023 partition of sale_kr for values from ('2023-01-01') to ('2024-01-01') partition by hash (buyer);
create table sale_kr_2023_0 partition of sale_kr_2023 for values with (modulus 3, remainder 0);
create table sale_kr_2023_1 partition of sale_kr_2023 for values with (modulus 3, remainder 1);
create table sale_kr_2023_2 partition of sale_kr_2023 for values with (modulus 3, remainder 2);
create table sale_kr_2024 partition of sale_kr (amount default 2.00, check (buyer > 0)) for values from ('2024-01-01') to ('2025-01-01') with (fillfactor = 60);
create table sale_kr_rest partition of sale_kr default;
-- Another order, a column that was dropped, other storage: its row type differs from its parent's.
create table sale_de (
  gone text, amount numeric(10, 2) not null default 3.00 constraint sale_amount_check check (amount > 0), buyer int not null, sold date not null,
  tax numeric(10, 2) generated always as (amount * 0.1) stored, region text not null, id bigint not null
);
alter table sale_de drop column gone;
alter table sale attach partition sale_de for values in ('de', 'at');
create table "Sale, the rest" partition of sale default;
create index sale_buyer on sale (buyer) include (amount);
create unique index sale_kr_2024_id on sale_kr_2024 (id);
create index on only sale (sold);
create table refund (
  id serial primary key, region text not null, sold date not null, buyer int not null, sale bigint not null, back numeric not null,
  foreign key (region, sold, buyer, sale) references sale (region, sold, buyer, id) on delete cascade
);
create table sale_log (id bigserial primary key, place text not null, amount numeric);
create function log_sale() returns trigger language plpgsql as $$
begin insert into sale_log (place, amount) values (tg_table_name, new.amount); return new; end $$;
create trigger log_sale after insert on sale for each row execute function log_sale();
create function round_up() returns trigger language plpgsql as $$ begin new.amount := ceil(new.amount); return new; end $$;
create trigger round_up before insert on sale_kr_2024 for each row execute function round_up();

-- Keyed by an expression and by two columns.
create table token (key text not null, at timestamptz not null, note text) partition by range (lower(key), date_part('year', at at time zone 'utc'));
create table token_a_m partition of token for values from ('a', minvalue) to ('n', minvalue);
create table token_n_z partition of token for values from ('n', minvalue) to ('zz', maxvalue);
create table vacant (id int, kind text) partition by list (kind);

-- Inheritance in three generations, from two parents, with columns merged and constraints that do not go down.
create table thing (id serial primary key, name text not null, made date default '2020-01-01', check (name <> '') );
create table weighed (weight numeric not null default 1, name text not null, constraint not_for_heirs check (weight < 100) no inherit);
create table tool (handle text default 'wood') inherits (thing);
create table hammer (head text, constraint hammer_pkey primary key (id)) inherits (tool, weighed);
create table stays_behind (extra int) inherits (thing);
alter table tool alter column name set default 'a tool';

insert into region values ('kr', 'Korea'), ('de', 'Germany'), ('at', 'Austria'), ('fr', 'France');
insert into sale (region, sold, buyer, amount)
  select (array['kr', 'fr'])[n % 2 + 1], date '2023-06-01' + n * 15, n, n + 0.5 from generate_series(1, 60) n;
insert into sale_de (region, sold, buyer, amount, id) values ('de', '2024-01-01', 1, 5, 1001), ('at', '2024-02-01', 2, 6, 1002);
insert into refund (region, sold, buyer, sale, back) select region, sold, buyer, id, 1 from sale where buyer in (2, 5, 10);
insert into token values ('Apple', '2024-01-01 00:00Z', 'x'), ('nut', '2024-01-01 00:00Z', 'y'), ('Zebra', '2023-01-01 00:00Z', null);
insert into thing (name) values ('stone');
insert into weighed values (5, 'bag');
insert into tool (handle) values ('steel');
insert into hammer (name, head, weight) values ('big', 'iron', 500), ('small', 'tin', default);
insert into stays_behind (name, extra) values ('left', 1);
