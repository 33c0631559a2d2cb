-- Whose report it is, and who was granted a quote, by the domain that somebody had to
-- register: of hosts below it there are as many as its owner likes.
alter table report add column domain text not null default '';
update report set domain = split_part(server, ':', 1);
create index report_domain on report (domain, at);
drop index report_server;

alter table quote_grant add column domain text not null default '';
update quote_grant g set domain = split_part(a.host, ':', 1) from person a where a.id = g.person_id;
create index quote_grant_domain on quote_grant (domain, at);
