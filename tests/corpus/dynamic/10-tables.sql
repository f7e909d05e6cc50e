-- Functions that make their statements themselves, in every way in which a name gets into a statement.

create table item (id serial primary key, name text not null, price numeric not null default 1);
create table stock (item int primary key references item (id), amount int not null default 0 check (amount >= 0));
create table "Odd Name" (id int primary key, "Value" text);
create table node (id int primary key, parent int references node (id), label text not null);
create table audit (id bigserial primary key, source text not null, what text not null);
create table setting (key text primary key, value text not null);
create table allowed (relation regclass primary key, routine regprocedure, note text);
create table left_behind (id int primary key, note text);

insert into item (name, price) values ('nut', 1.5), ('bolt', 2.25), ('gear', 10);
insert into stock values (1, 100), (2, 50), (3, 0);
insert into "Odd Name" values (1, 'one'), (2, 'two');
insert into node values (1, null, 'root'), (2, 1, 'left'), (3, 1, 'right'), (4, 2, 'leaf'), (5, 4, 'deep');
insert into setting values ('table', 'item'), ('column', 'price'), ('limit', '2');
insert into left_behind values (1, 'stays');
