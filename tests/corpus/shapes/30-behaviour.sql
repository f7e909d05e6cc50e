-- Triggers of every timing.
create function count_change() returns trigger language plpgsql as $$
begin new.changed := old.changed + 1; return new; end $$;
create trigger price_change before update of amount on price for each row
  when (old.amount is distinct from new.amount) execute function count_change();
create trigger price_noted after insert or update or delete on price for each row execute function noted();
create function sum_changes() returns trigger language plpgsql as $$
begin
  insert into price_log (what, seen) select 'statement', count(*) from after_rows;
  return null;
end $$;
create trigger price_insert_sum after insert on price referencing new table as after_rows
  for each statement execute function sum_changes();
create trigger price_update_sum after update on price referencing old table as before_rows new table as after_rows
  for each statement execute function sum_changes();
create function refuse() returns trigger language plpgsql as $$
begin raise exception 'never on %', tg_relid::regclass::text <> '' using errcode = 'P0042'; end $$;
create trigger price_refuse before insert on price for each row when (new.amount > 1000000) execute function refuse();
create trigger price_off before insert on price for each row execute function refuse();
alter table price disable trigger price_off;
create function person_row() returns trigger language plpgsql as $$
declare r person; t team;
begin
  r := new;
  select * into t from team where lead = r.id;
  if t.id is not null then r.first_name := r.first_name || ' (' || t.name || ')'; end if;
  return r;
end $$;
create trigger person_row before update on person for each row execute function person_row();
create function booker_exists() returns trigger language plpgsql as $$
begin
  if not exists (select from person where id = new.booker) then
    raise exception 'nobody' using errcode = 'P0043';
  end if;
  return null;
end $$;
create constraint trigger booking_booker after insert on booking deferrable initially deferred
  for each row execute function booker_exists();
create trigger event_stamp before insert on event for each row execute function suppress_redundant_updates_trigger();
alter table event disable trigger event_stamp;

-- Rules.
create rule draft_kept as on delete to draft do also insert into draft_archive values (old.id, old.title);
create rule draft_closed as on update to draft where old.title = 'closed' do instead nothing;

-- Views on views.
create view person_name as select id, code, full_name(person) as name, born from person;
create view team_member as
  select t.id as team, t.name as team_name, n.name, m.rank
    from team t join membership m on m.team = t.id join person_name n on n.id = m.person;
create view team_board as select team_name, string_agg(name, ', ' order by rank) as names from team_member group by 1;
create view adult as select id, first_name, last_name, code, born from person where born < '2005-01-01'
  with cascaded check option;
create view young_adult as select * from adult where born > '2000-01-01';
create materialized view event_count as select region, count(*) as events from event group by region;
create unique index event_count_region on event_count (region);
create materialized view person_names as select * from person_name with no data;

-- Row security.
create table tenant_note (id serial primary key, tenant text not null default current_user, note text not null);
alter table tenant_note enable row level security;
create policy own_notes on tenant_note using (tenant = current_user) with check (tenant = current_user);
create policy not_empty on tenant_note as restrictive for insert to tenant_b with check (note <> '');
grant select, insert, update, delete on tenant_note to tenant_a, tenant_b;
grant usage on sequence tenant_note_id_seq to tenant_a, tenant_b;
create table forced_note (id int primary key, note text not null, hidden boolean not null default false);
alter table forced_note owner to keeper;
alter table forced_note enable row level security;
alter table forced_note force row level security;
create policy visible on forced_note using (not hidden);
create policy tenant_a_sees_all on forced_note for select to tenant_a using (true);
grant select on forced_note to tenant_a, tenant_b;

-- Privileges on single columns, and a function that has more than its caller.
grant select (id, name, phone), update (phone), insert (name, pay) on staff to clerk;
grant usage on sequence staff_id_seq to clerk;
grant select on team_board, price to clerk;
revoke execute on function staff_pay_of(text) from public;
grant execute on function staff_pay_of(text) to clerk;

create statistics person_names_together (dependencies, mcv) on first_name, last_name from person;
create statistics person_plain_names (ndistinct) on (plain(first_name)), last_name from person;
create statistics event_together on region, happened from event;
alter table person alter column last_name set statistics 500;
alter table person alter column first_name set storage external;
alter table person set (autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_enabled = false);
alter table membership replica identity full;
alter table person cluster on person_pkey;
create publication some_tables for table person, event, team (id, name, lead);
