create or replace function service_of_user(number integer) returns text language plpgsql as $body$
declare
  found users%rowtype;
  charts bigint;
begin
  select * into found from users where id = number;
  execute 'select count(*) from saju_charts where user_id = $1' into charts using number;
  return found.nickname || ' ' || charts;
end
$body$;

create or replace function unread_notices() returns bigint language sql stable as
  'select count(*) from admin_notices where published_at is null';
