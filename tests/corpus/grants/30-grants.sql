alter table invoice add foreign key (customer) references customer (id);
create table orphan (id int primary key, what text);

-- A chain: the owner gives it on, and the next gives it on.
set role crm_owner;
grant select, update on customer to app_group with grant option;
grant all on contact to writer;
grant select on public_board to public;
grant insert (line, id), update (line) on public_board to public;
grant execute on function credit_of(text) to reader, outsider;
grant execute on function raise_credit(text, numeric) to public;
grant usage, select, update on sequence customer_id_seq to writer;
grant truncate, references, trigger on visit to app_group;
grant select on rich_customer to public;
reset role;
set role app_group;
grant select on customer to auditor with grant option;
grant update on customer to "Ünal ""the"" clerk";
reset role;
set role auditor;
grant select on customer to "Ünal ""the"" clerk";
reset role;

set role "Money Owner";
grant select, insert, update, delete on invoice, invoice_line to writer;
grant usage on sequence invoice_id_seq to writer;
grant select (id, total) on invoice to app_group, "Ünal ""the"" clerk";
grant select (id), update (amount) on payout to lead with grant option;
revoke all on payout from lead;
grant select (id), update (amount) on payout to lead with grant option;
revoke all on secret from lead, reader;
reset role;
set role lead;
grant select (id) on payout to "Ünal ""the"" clerk";
reset role;
revoke all on orphan from public, reader;
