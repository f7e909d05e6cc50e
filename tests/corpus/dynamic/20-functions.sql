create role keeper_of_stock nologin;
create role plain_user nologin;
grant usage on schema public to plain_user;
grant usage, create on schema public to keeper_of_stock;

-- A name as text, as an identifier, as a regclass, as an OID, out of a table, out of the catalog.
create function count_in(relation text) returns bigint language plpgsql as $$
declare n bigint; begin execute 'select count(*) from ' || quote_ident(relation) into n; return n; end $$;
create function count_class(relation regclass) returns bigint language plpgsql as $$
declare n bigint; begin execute format('select count(*) from %s', relation) into n; return n; end $$;
create function column_sum(relation regclass, col name) returns numeric language plpgsql stable as $$
declare n numeric; begin execute format('select sum(%I) from %s', col, relation) into n; return n; end $$;
create function set_value(relation text, key int, col text, val text) returns int language plpgsql as $$
declare n int; kind text;
begin
  select format_type(atttypid, atttypmod) into strict kind from pg_attribute
   where attrelid = to_regclass(quote_ident(relation)) and attname = col;
  execute format('update %I set %I = $1::%s where id = $2', relation, col, kind) using val, key;
  get diagnostics n = row_count;
  return n;
end $$;
create function by_setting() returns setof text language plpgsql as $$
declare t text; c text; l int;
begin
  select value into t from setting where key = 'table';
  select value into c from setting where key = 'column';
  select value::int into l from setting where key = 'limit';
  return query execute format('select name || '':'' || %I from %I order by id limit %s', c, t, l);
end $$;
create function columns_of(relation text) returns text language sql stable as $$
  select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns
   where table_name = relation and table_schema = any (current_schemas(false)) $$;
create function loop_over(pattern text) returns text language plpgsql as $$
declare r record; n bigint; found text := '';
begin
  for r in select c.oid::regclass as relation, c.relname from pg_class c
            where c.relname like pattern and c.relname not like 'pg\_%' and c.relkind in ('r', 'v') and pg_table_is_visible(c.oid) order by 2
  loop
    execute format('select count(*) from %s', r.relation) into n;
    found := found || r.relname || '=' || n || ' ';
  end loop;
  return trim(found);
end $$;

-- Cursors, by a name and opened dynamically; prepared statements; a temporary table; a block in a string.
create function open_cursor(c refcursor, relation text) returns refcursor language plpgsql as $$
begin open c scroll for execute format('select name from %I order by id desc', relation); return c; end $$;
create function via_temp() returns bigint language plpgsql as $$
declare n bigint;
begin
  create temp table if not exists scratch on commit drop as select * from item where price > 1;
  select count(*) into n from scratch join stock on stock.item = scratch.id;
  return n;
end $$;
create function do_it(statement text) returns void language plpgsql as $$ begin execute statement; end $$;

-- Recursion, over rows and of the function itself; overloaded; with defaults and named arguments.
create function path_of(which int) returns text language plpgsql stable as $$
declare n node%rowtype;
begin
  select * into n from node where id = which;
  return case when n.parent is null then n.label else path_of(n.parent) || '/' || n.label end;
end $$;
create function below(which int) returns setof int language sql stable as $$
  with recursive t as (select id from node where parent = which union all select n.id from node n join t on n.parent = t.id)
  select id from t order by id $$;
create function below(which text) returns bigint language sql stable as
  $$ select count(*) from below((select id from node where label = which)) $$;
create function price_of(which text, times int default 1, off numeric default 0) returns numeric language sql stable
  begin atomic select price * times - off from item where name = which; end;
create procedure restock(which text, more int) language sql
  begin atomic
    update stock set amount = amount + more where item = (select id from item where name = which);
    insert into audit (source, what) values ('restock', which || '+' || more);
  end;
create function total_worth() returns numeric language sql stable return
  (select sum(i.price * s.amount) from item i join stock s on s.item = i.id);
create function cheap(below_price numeric) returns table (id int, name text) language sql stable rows 5
  begin atomic select i.id, i.name from item i where i.price < below_price order by i.id; end;

-- More rights than the caller, with a fixed and with an open search_path, owned by someone else.
create function take(which text, many int) returns int language plpgsql security definer
  set search_path = goods, record, public, pg_temp as $$
declare rest int;
begin
  update stock set amount = amount - many where item = (select id from item where name = which) returning amount into rest;
  insert into audit (source, what) values (session_user <> current_user, format('%s-%s', which, many));
  return rest;
end $$;
create function peek(which text) returns int language sql stable security definer as
  $$ select amount from stock join item on item.id = stock.item where name = which $$;
grant select on item to keeper_of_stock;
grant select, update on stock to keeper_of_stock;
grant insert on audit to keeper_of_stock;
grant usage on sequence audit_id_seq to keeper_of_stock;
alter function take(text, int) owner to keeper_of_stock;
alter function peek(text) owner to keeper_of_stock;
revoke execute on function peek(text) from public;
grant execute on function peek(text) to plain_user;

-- What the catalogs do not connect with a table: errors that are caught, names in comments and in literals.
create function maybe(relation text) returns text language plpgsql as $$
declare n bigint;
begin
  execute format('select count(*) from %I', relation) into n; -- not: from public.item
  return n::text;
exception when undefined_table then return 'no ' || relation;
end $$;
create function says() returns text language sql immutable as $$ select 'update public.stock set amount = 0' $$;
create function nested(a text) returns text language plpgsql as $outer$
declare x text;
begin
  execute $inner$ select string_agg(name, $sep$+$sep$ order by id) from item where name like $1 $inner$ into x using a;
  return x;
end $outer$;
create function any_table(anyelement) returns text language sql stable as $$ select pg_typeof($1)::text || count(*) from item $$;
create function dump_row(which int) returns jsonb language sql stable as $$ select to_jsonb(i) from item i where id = which $$;
create function load_row(j jsonb) returns item language sql stable as $$ select jsonb_populate_record(null::item, j) $$;

insert into allowed values ('item', 'count_in(text)', 'a'), ('stock', 'total_worth()', 'b'), ('left_behind', null, 'c');
