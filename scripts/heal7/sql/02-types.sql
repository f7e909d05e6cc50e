create type user_status as enum ('active', 'dormant', 'withdrawn');
create type payment_status as enum ('pending', 'paid', 'cancelled', 'refunded');
create domain email_address as text check (value ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$');
create domain points as integer check (value >= 0);
comment on type user_status is '회원 상태';
comment on domain points is '포인트 잔액은 음수가 될 수 없다';

create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;

-- The sexagenary year; 1984 is 갑자.
create function year_ganji(year integer) returns text language sql immutable parallel safe as $$
  select substr('갑을병정무기경신임계', 1 + (year + 6) % 10, 1)
      || substr('자축인묘진사오미신유술해', 1 + (year + 8) % 12, 1)
$$;

create function korean_name(n integer) returns text language sql immutable parallel safe as $$
  select substr('김이박최정강조윤장임한오서신권황안송류홍', 1 + n % 20, 1)
      || substr('서민지하도예시주유은현수준건우성', 1 + (n / 20) % 16, 1)
      || substr('준연우아윤서호진원빈율영희철미정', 1 + (n / 320) % 16, 1)
$$;
