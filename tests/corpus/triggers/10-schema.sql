-- Triggers that write to tables of other services, in chains, at the end of the transaction, and by the name they see.

create table customer (id serial primary key, name text not null, orders int not null default 0, spent numeric not null default 0);
create table purchase (id serial primary key, customer int not null references customer (id) on delete cascade, amount numeric not null, state text not null default 'open', touched int not null default 0);
create table parcel (id serial primary key, purchase int not null unique references purchase (id) on delete cascade, label text);
create table balance (day date primary key, total numeric not null default 0, purchases int not null default 0);
create table history (id bigserial primary key, place text not null, operation text not null, before jsonb, after jsonb);
create table queue (id bigserial primary key, topic text not null, payload jsonb not null);
create table guard (name text primary key, is_on boolean not null default true);
create table ping (id int primary key, n int not null default 0);
create table pong (id int primary key, n int not null default 0);
create table stays (purchase int primary key, note text);

-- One function for many tables; it tells them apart by what it is told.
create function record() returns trigger language plpgsql as $$
begin
  insert into history (place, operation, before, after)
  values (tg_table_name, tg_op || ' ' || tg_when || ' ' || tg_level || ' ' || coalesce(tg_argv[0], ''),
          case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
  return null;
end $$;
create trigger z_record after insert or update or delete on customer for each row execute function record('who');
create trigger z_record after insert or update or delete on purchase for each row execute function record();
create trigger z_record after insert or delete on parcel for each row execute function record('it''s "quoted"');

-- It names its own table by schema and name, so that it writes wherever it is fired.
create function touch_itself() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() = 1 then
    execute format('update %I.%I set touched = touched + 1 where id = $1', tg_table_schema, tg_table_name) using new.id;
  end if;
  return null;
end $$;
create trigger touch_itself after update of state on purchase for each row execute function touch_itself();
create function keys_of() returns trigger language plpgsql as $$
declare k text;
begin
  select string_agg(attname, ',') into k from pg_attribute a join pg_index i on i.indrelid = a.attrelid and a.attnum = any (i.indkey)
   where i.indrelid = tg_relid and i.indisprimary;
  insert into queue (topic, payload) values (tg_name, jsonb_build_object('keys', k));
  return new;
end $$;
create trigger "Keys Of" before update of label on parcel for each row when (new.label is distinct from old.label) execute function keys_of();

-- A chain over three services: a purchase counts on its customer, makes a parcel, and that makes a message.
create function count_purchase() returns trigger language plpgsql as $$
begin
  update customer set orders = orders + 1, spent = spent + new.amount where id = new.customer;
  insert into parcel (purchase) values (new.id);
  return new;
end $$;
create trigger a_count after insert on purchase for each row when (new.amount > 0) execute function count_purchase();
create function label_parcel() returns trigger language plpgsql as $$
begin
  new.label := (select c.name || '#' || p.id from purchase p join customer c on c.id = p.customer where p.id = new.purchase);
  insert into queue (topic, payload) select 'parcel', to_jsonb(p) - 'touched' from purchase p where p.id = new.purchase;
  return new;
end $$;
create trigger label before insert on parcel for each row execute function label_parcel();

-- Transition tables, of each command.
create function sum_up() returns trigger language plpgsql as $$
begin
  insert into balance as b select date '2024-01-01', sum(amount), count(*) from fresh having count(*) > 0
    on conflict (day) do update set total = b.total + excluded.total, purchases = b.purchases + excluded.purchases;
  return null;
end $$;
create trigger sum_inserted after insert on purchase referencing new table as fresh for each statement execute function sum_up();
create function sum_difference() returns trigger language plpgsql as $$
begin
  update balance set total = total + (select coalesce(sum(n.amount - o.amount), 0) from fresh n join stale o using (id));
  return null;
end $$;
create trigger sum_updated after update on purchase referencing old table as stale new table as fresh for each statement execute function sum_difference();

-- At the end of the transaction, and before anything.
create function must_balance() returns trigger language plpgsql as $$
begin
  if (select sum(spent) from customer) < 0 then raise exception 'below nothing' using errcode = 'P0050'; end if;
  return null;
end $$;
create constraint trigger must_balance after update on customer deferrable initially deferred for each row execute function must_balance();
create constraint trigger must_be_named after insert on customer from purchase deferrable initially immediate for each row when (new.name = '') execute function must_balance();
create function is_guarded() returns trigger language plpgsql as $$
begin
  if (select is_on from guard where name = tg_argv[0]) then raise exception 'guarded' using errcode = 'P0051'; end if;
  return null;
end $$;
create trigger guarded before delete on customer for each statement execute function is_guarded('customer');
create function drop_odd() returns trigger language plpgsql as $$ begin if new.id % 2 = 1 then return null; end if; return new; end $$;
create trigger drop_odd before insert on ping for each row execute function drop_odd();

-- Two tables that write to each other until it is enough; and one that stays writes to what moves.
create function bounce() returns trigger language plpgsql as $$
begin
  if new.n < 6 then
    execute format('update %I set n = $1 where id = $2', case tg_table_name when 'ping' then 'pong' else 'ping' end) using new.n + 1, new.id;
  end if;
  return null;
end $$;
create trigger bounce after update on ping for each row execute function bounce();
create trigger bounce after update on pong for each row execute function bounce();
create function note_purchase() returns trigger language plpgsql as $$
begin update purchase set state = new.note where id = new.purchase; return new; end $$;
create trigger note_purchase after insert on stays for each row execute function note_purchase();

-- Switched off, always, and only in replicas.
create function never() returns trigger language plpgsql as $$ begin raise exception 'never' using errcode = 'P0052'; end $$;
create trigger off before insert on queue for each row execute function never();
alter table queue disable trigger off;
create trigger replica before insert on queue for each row execute function never();
alter table queue enable replica trigger replica;
create trigger always_recorded after insert on guard for each row execute function record('always');
alter table guard enable always trigger always_recorded;
comment on trigger "Keys Of" on parcel is 'keys';

insert into guard values ('customer');
insert into customer (name) values ('Kim'), ('Lee');
insert into purchase (customer, amount) values (1, 10), (1, 20), (2, 5), (2, 0);
insert into ping values (1), (2), (4);
insert into pong values (2), (4);
