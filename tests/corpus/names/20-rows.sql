insert into "select" values (1, 'here', 'x'), (2, default, null), (3, 'there', 'Y');
insert into "User" ("Name") values ('Ada'), ('Bob');
insert into "user" (name) values ('ada'), ('bob'), ('eve');
insert into "주문" ("고객 이름", "사용자", "금액") values ('김', 1, 1000), ('이', 2, 25.55), (default, null, 0);
insert into "a dot. and a space" values ('one', 1, 100), ('two', default, 101), ('three', 3, null);
insert into "quote""d 'and' back\slash" values (1), (2);
insert into "glob*[a]{b,c}?" values (1, 'a'), (2, 'b');
insert into globx values (1), (2), (3);
insert into exactly_sixty_three_bytes_long_so_that_no_suffix_fits_behind_it (note) values ('n1'), ('n2');
insert into "이름이예순세바이트가되도록한글로만쓴표이름" ("값") values ('가'), ('나'), (null);
insert into nothing default values;
insert into nothing default values;
insert into _pair values (1, 'a'), (2, 'b');
insert into pair values (1, 'x');
insert into ledger (code, amount, booked)
  select 'L' || n, n * 1.5, timestamptz '2024-01-01 00:00+00' + n * interval '1 hour' from generate_series(1, 50) n;
insert into counters (label) values ('first'), ('Second'), ('free');
insert into wide (id, code, document, tags, mood, moods, amount, homes, ip, period)
  select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'c' || n, jsonb_build_object('n', n),
         array['t' || n, 'all', null], (array['sad', 'ok', 'very happy'])[n % 3 + 1]::"Mood", '{sad,"very happy"}',
         n, array[row('a "b"', null)::address], '10.0.0.1', int4range(n, n + 5)
    from generate_series(1, 20) n;
