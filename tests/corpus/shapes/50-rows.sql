insert into event (happened, region, body)
  select date '2023-12-01' + n * 20, (array['eu', 'us', 'asia'])[n % 3 + 1], jsonb_build_object('n', n)
    from generate_series(0, 59) n;
insert into metric select 'm' || n % 7, n, n from generate_series(1, 40) n;
insert into vehicle (maker) values ('Bike & Co'), (null);
insert into car (maker, doors) values ('Hyundai', 5), ('Kia', 3);
insert into truck (maker, load) values ('Hino', 7.5);
insert into person (first_name, last_name, code, born) values
  ('Ada', 'Ärmel', 'AB1', '1999-12-31'), ('Bob', 'Builder', 'AB2', '2002-02-02'), ('Cleo', 'Öl', 'CD3', null),
  ('Dan', 'Druff', 'CD4', '2010-10-10');
insert into team values (1, 'red', 1, '{1,2}'), (2, 'blue', null, default), (3, 'empty', 4, default);
insert into membership values (1, 1, 1), (1, 2, 2), (2, 3, 1);
insert into room values (1, 'strict'), (2, 'later'), (3, 'free');
insert into booking (room, booker, during) values (1, 1, '[1,5)'), (1, 2, '[5,9)'), (2, 1, '[1,5)'), (3, 4, '[1,9)');
insert into price values (1, 10), (2, 20), (3, 30);
update price set amount = 11 where id = 1;
insert into draft values (1, 'open', 'x'), (2, 'closed', 'y'), (3, 'open too', null);
insert into ticket values ('00000000-0000-4000-8000-000000000001', 'Ada'), ('00000000-0000-4000-8000-000000000002', null);
insert into typed values (1, 'one'), (2, default);
insert into snapshot select 1, p, array[p, p] from person p where id = 1;
insert into snapshot values (2, null, null);
insert into tenant_note (tenant, note) values ('tenant_a', 'a1'), ('tenant_a', 'a2'), ('tenant_b', 'b1');
insert into forced_note values (1, 'seen', false), (2, 'hidden', true);
insert into staff (name, pay, phone) values ('Ann', 1000, '1'), ('Ben', 2000, null);
refresh materialized view event_count;
refresh materialized view person_names;
