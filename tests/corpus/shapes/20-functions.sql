-- Functions over row types, in every way in which they are called.
create function full_name(person) returns text language sql stable as $$ select $1.first_name || ' ' || $1.last_name $$;
create function longest_name(people person[]) returns text language sql stable as
  $$ select max(full_name(p)) from unnest(people) p $$;
create function names_of(variadic people person[]) returns text language plpgsql stable as $$
declare p person; found text := '';
begin
  foreach p in array people loop found := found || full_name(p) || ';'; end loop;
  return found;
end $$;
create function person_by_code(wanted text) returns person language plpgsql stable as $$
declare found person;
begin
  select * into found from person where code = wanted;
  return found;
end $$;
create function people_like(pattern text) returns setof person language sql stable as
  $$ select * from person where last_name like pattern order by id $$;
create function renamed(p person, new_name text) returns person language plpgsql as $$
declare q person%rowtype; was person.last_name%type;
begin
  q := p; was := q.last_name; q.last_name := new_name || '-' || was;
  return q;
end $$;
create function team_size(which int) returns bigint language sql stable
  begin atomic select count(*) from membership where team = which; end;
create function add_person(f text, l text) returns int language plpgsql as $$
declare r person;
begin
  insert into person (first_name, last_name, code) values (f, l, 'ZZ' || (select max(id) + 1 from person))
    returning * into r;
  return r.id;
end $$;
create procedure close_bookings(from_room int, inout closed int) language plpgsql as $$
begin
  update booking set state = 'closed' where room = from_room;
  get diagnostics closed = row_count;
end $$;
create function count_of(which text) returns bigint language plpgsql as $$
declare n bigint; begin execute format('select count(*) from %I', which) into n; return n; end $$;
create function person_cursor() returns text language plpgsql as $$
declare c cursor for select p from person p order by id; r record; all_names text := '';
begin
  for r in c loop all_names := all_names || (r.p).first_name; end loop;
  return all_names;
end $$;
create function staff_pay_of(wanted text) returns numeric language sql stable security definer
  set search_path = people, public, pg_temp as $$ select pay from staff where name = wanted $$;
create function add_name(text, person) returns text language sql immutable as $$ select $1 || '/' || $2.first_name $$;
create aggregate people_names (person) (sfunc = add_name, stype = text, initcond = '');
