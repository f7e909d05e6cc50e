-- As many columns as there can be, fewer than there were, and none at all.

-- The statements are made here because written out they would be 1,600 columns long.
do $$ begin execute 'create table columns_1600 (' || (select string_agg(format('c%s %s', n,
  case when n = 1 then 'int primary key' when n % 3 = 0 then 'boolean' when n % 3 = 1 then 'int2 default ' || n % 100 else '"char"' end), ', ' order by n)
  from generate_series(1, 1600) n) || ')'; end $$;
create table columns_dropped (id int primary key, keep text not null default 'kept');
do $$ begin
  for n in 1..1590 loop
    execute format('alter table columns_dropped add d%s int', n);
    if n % 100 = 0 then
      execute 'alter table columns_dropped ' || (select string_agg('drop d' || m, ', ') from generate_series(n - 99, n) m);
    end if;
  end loop;
  execute 'alter table columns_dropped ' || (select string_agg('drop d' || m, ', ') from generate_series(1501, 1590) m);
end $$;
alter table columns_dropped add column late int generated always as identity;
create table columns_none ();
create table all_gone (a int, b text);
alter table all_gone drop column a, drop column b;
create table came_back (a int, b text not null, c int);
alter table came_back drop column a;
alter table came_back add column a text default 'another a';
alter table came_back alter column c type text using c::text || '!';
create table only_key (id int primary key);
create table only_computed (id int generated always as identity, twice int generated always as (2) stored);
create table refers (id serial primary key, wide int references columns_1600 (c1) on delete cascade, dropped int references columns_dropped (id));
create view narrow as select c1, c2, c1600 from columns_1600;
create view lasting as select * from came_back;
create function sum_of_row(which int) returns bigint language sql stable as
  $$ select sum(value::int) from columns_1600 w, jsonb_each_text(to_jsonb(w)) where c1 = which and key ~ '^c\d*[147]$' and value ~ '^\d+$' $$;
create index columns_1600_many on columns_1600 (c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c1600);
grant select (c1, c1600), update (c7) on columns_1600 to public;

insert into columns_1600 (c1, c3, c1600) values (1, true, 7), (2, null, default), (3, false, -1);
insert into columns_dropped values (1, default), (2, 'two');
insert into columns_none select from generate_series(1, 3);
insert into all_gone select from generate_series(1, 2);
insert into came_back (b, c) values ('b', '1'), ('bb', null);
insert into only_key values (1), (2);
insert into only_computed default values;
insert into refers (wide, dropped) values (1, 1), (3, 2);
