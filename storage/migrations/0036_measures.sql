-- What went along with an act of moderation, and with which: what takes that act back gives
-- back exactly this.
create table swept (
    kind       smallint not null,             -- 1 post, 2 comment
    subject_id integer not null,
    by_kind    smallint not null,             -- 1, 2: the removal of what it is below; 3: a ban from a community; 4: from a server
    by_id      integer not null default 0,    -- the post, the comment or the community
    person_id  integer not null default 0,    -- who was banned
    host       text not null default '',      -- of the server; empty for this one
    at         timestamptz not null,
    primary key (kind, subject_id)
);
create index swept_by on swept (by_kind, by_id, person_id);

-- A comment that nobody but moderators answers, nor what is below it.
alter table comment add column locked boolean not null default false;

-- Bans from a whole server, by that server's word.
create table server_ban (
    person_id integer not null references person,
    host      text not null,                  -- of the server; empty for this one
    at        timestamptz not null,
    until     timestamptz,
    reason    text not null default '',
    primary key (person_id, host)
);

-- Who deleted their account and what they wrote for good, at once.
alter table person add column erase boolean not null default false;

-- Reports of people, of communities and of the node itself, and by servers that do not say
-- for whom they speak.
alter table report
    alter column by_id drop not null,
    alter column community_id drop not null,                -- of a post or comment where it is, else what is reported
    add column by_uri    text not null default '',          -- of whoever reports, where nobody is known by that id
    add column server    text not null default '',          -- host that sent it; empty for this one
    add column person_id integer references person,         -- who is reported
    add column closed_by integer references person;         -- who dealt with it; null for what was taken back
drop index report_once;
create unique index report_open_on on report (coalesce(comment_id, 0), coalesce(post_id, 0), coalesce(person_id, 0), coalesce(community_id, 0), coalesce(by_id, 0), by_uri)
    where closed_at is null;
create index report_server on report (server, at);
create index report_activity on report (activity) where closed_at is null;
alter table notice
    add column about_id integer references person,          -- who was reported
    add column server   text not null default '';           -- in the place of an actor: the server that reports
