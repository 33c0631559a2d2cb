-- Whose report it is, and who was granted a quote, by the domain that somebody had to
-- register: of hosts below it there are as many as its owner likes.
alter table report add column domain text not null default '';
update report set domain = split_part(server, ':', 1);
create index report_domain on report (domain, at);
drop index report_server;

alter table quote_grant add column domain text not null default '';
update quote_grant g set domain = split_part(a.host, ':', 1) from person a where a.id = g.person_id;
create index quote_grant_domain on quote_grant (domain, at);

-- What is left of a sweep (see swept), or of giving it back: what was acknowledged is the
-- act, and the rest follows in pieces, also after the program was killed in between.
create table sweep (
    by_kind      smallint not null, -- these four as in swept
    by_id        integer not null,
    person_id    integer not null,
    host         text not null,
    back         boolean not null,  -- what went is given back
    anywhere     boolean not null,  -- of a ban: not in the communities of host alone
    reason       text not null,
    at           timestamptz not null, -- of the act
    last_post    integer not null,  -- the newest post and comment when it was begun
    last_comment integer not null,
    done         integer not null,  -- posts and comments
    next_at      timestamptz not null,
    primary key (by_kind, by_id, person_id, host)
);
create index sweep_next on sweep (next_at);

-- Of which posts microblogs are still to be told that they are gone.
alter table swept add column untold boolean not null default false;
