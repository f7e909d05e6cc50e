-- Several owners, none of them the one who moves the tables; privileges of every kind and origin.
create role crm_owner nologin;
create role "Money Owner" nologin;
create role app_group nologin;
create role reader nologin;
create role writer nologin in role app_group;
create role auditor nologin noinherit in role app_group;
create role lead nologin;
create role "Ünal ""the"" clerk" nologin;
create role outsider nologin;

revoke create on schema public from public;
grant create, usage on schema public to crm_owner, "Money Owner" with grant option;

-- What is created from here on, views as well, gets privileges by itself.
alter default privileges in schema public grant select on tables to reader;
alter default privileges for role crm_owner in schema public grant select, insert on tables to writer;
alter default privileges for role crm_owner in schema public grant select on tables to reader;
alter default privileges for role crm_owner revoke execute on functions from public;
alter default privileges for role "Money Owner" grant all on tables to lead with grant option;
alter default privileges in schema public grant usage on sequences to app_group;
alter default privileges revoke execute on functions from public;
