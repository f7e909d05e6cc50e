create trigger users_touch before update on users for each row execute function touch_updated_at();
create trigger user_profiles_touch before update on user_profiles for each row execute function touch_updated_at();
create trigger dream_interpretations_touch before update on dream_interpretations
  for each row execute function touch_updated_at();
create trigger point_accounts_touch before update on point_accounts for each row execute function touch_updated_at();
create trigger users_audit after update of status, nickname on users for each row execute function write_audit();
create trigger payments_audit after insert or update on payments for each row execute function write_audit();

grant select, insert, update, delete on all tables in schema public to heal7_app;
grant usage, select on all sequences in schema public to heal7_app;
grant select on all tables in schema public to heal7_readonly;
-- The partner's report sees names, never addresses.
grant select (id, nickname, status) on users to heal7_partner;
revoke execute on function grant_points(integer, integer, text) from public;
grant execute on function grant_points(integer, integer, text) to heal7_app;
alter default privileges in schema public grant select, insert, update, delete on tables to heal7_app;
