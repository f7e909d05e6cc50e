insert into customer (name, email, credit) values
  ('Ann', 'ann@example.com', 50), ('Ben', 'ben@example.com', 150), ('Cyd', null, 1000);
insert into contact (customer, phone) values (1, '1'), (1, '2'), (2, '3');
insert into visit values ('2024-01-01', 3), ('2024-01-02', 5);
insert into public_board values (1, 'hello'), (2, 'world');
insert into invoice (customer) values (1), (2), (2);
insert into invoice_line values (1, 1, 10), (1, 2, 5.50), (2, 1, 7);
insert into payout values (1, 100), (2, 200);
insert into secret values (1, 'xyzzy');
insert into orphan values (1, 'alone');
