create table dream_categories (
  id serial primary key,
  parent_id integer references dream_categories (id),
  slug text not null unique,
  name text not null
);

insert into dream_categories (parent_id, slug, name)
select case when n > 10 then 1 + n % 10 end, 'dream-' || n,
       (array['동물', '물', '불', '하늘', '조상', '음식', '돈', '집', '길', '아기'])[1 + n % 10] || ' 꿈 ' || n
  from generate_series(1, 60) n;

create table dream_interpretations (
  id bigint generated always as identity primary key,
  category_id integer not null references dream_categories (id),
  title text not null,
  keywords text[] not null default '{}',
  body text not null,
  view_count bigint not null default 0,
  updated_at timestamptz not null default now()
);
comment on table dream_interpretations is '꿈 해몽 사전';

insert into dream_interpretations (category_id, title, keywords, body, view_count, updated_at)
select 1 + n % 60, (array['돼지', '용', '뱀', '호랑이', '바다', '무지개'])[1 + n % 6] || ' 꿈 해몽 ' || n,
       array[(array['돼지', '용', '뱀', '호랑이', '바다', '무지개'])[1 + n % 6], '길몽' || n % 40],
       repeat('재물과 명예가 따르는 꿈이다. ', 1 + n % 4), n % 300, timestamptz '2025-12-31 12:00+09'
  from generate_series(1, 5000) n;

create index dream_interpretations_category_id_idx on dream_interpretations (category_id);
create index dream_interpretations_keywords_idx on dream_interpretations using gin (keywords);

create table dream_diaries (
  id bigserial primary key,
  user_id integer not null references users (id),
  interpretation_id bigint references dream_interpretations (id),
  entry_code uuid not null unique,
  dreamt_on date not null default current_date,
  content text not null,
  mood smallint not null default 3 check (mood between 1 and 5)
);

insert into dream_diaries (user_id, interpretation_id, entry_code, dreamt_on, content, mood)
select 1 + n * 3 % 20000, case when n % 4 > 0 then 1 + n % 5000 end, md5('diary ' || n)::uuid,
       date '2025-01-01' + n % 365, '어젯밤 꿈에 ' || (array['용', '강', '할머니', '고양이'])[1 + n % 4] || '을 보았다', 1 + n % 5
  from generate_series(1, 20000) n;

create index dream_diaries_user_id_idx on dream_diaries (user_id, dreamt_on);

create table dream_diary_keywords (
  diary_id bigint not null references dream_diaries (id) on delete cascade,
  keyword text not null,
  weight numeric(4, 3) not null default 1,
  primary key (diary_id, keyword)
);

insert into dream_diary_keywords (diary_id, keyword, weight)
select id, (array['용', '강', '할머니', '고양이', '불', '산'])[1 + (id + k) % 6], k / 2.0
  from dream_diaries, generate_series(0, 1) k;
