-- Where the key of an unverified request is to be fetched: the registrable
-- domain. Work is shared out between domains, so that a slow one holds up its
-- own requests only.
alter table received add column domain text not null default '';
update received set domain = host where state = 0;
drop index received_unverified;
create index received_unverified on received (domain, next_at, id) where state = 0;
