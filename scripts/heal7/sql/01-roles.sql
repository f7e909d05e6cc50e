-- Roles belong to the whole server, so they may be there from an earlier build.
do $$
declare
  role_name text;
begin
  foreach role_name in array array[
    'heal7_app', 'heal7_readonly', 'heal7_partner',
    'shared_common_app', 'saju_service_app', 'dream_service_app', 'crawler_service_app',
    'tarot_service_app', 'payment_service_app', 'admin_service_app'
  ] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
  end loop;
  if not exists (select from pg_catalog.pg_roles where rolname = 'heal7_owner') then
    create role heal7_owner nologin;
  end if;
  execute format('alter database %I owner to heal7_owner', current_database());
  execute format('grant connect on database %I to public', current_database());
end
$$;

-- From PostgreSQL 15 on the owner of the database may create in public anyway.
grant create, usage on schema public to heal7_owner;
grant usage on schema public to public;
