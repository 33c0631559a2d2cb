-- What somebody here is told: that they were answered, named, let in, moderated.
create table notice (
    id           bigint generated always as identity primary key,
    person_id    integer not null references account on delete cascade,
    kind         smallint not null,      -- 1 answer, 2 mention, 3 follow accepted, 4 removed, 5 restored, 6 said in a thread they watch
    at           timestamptz not null default now(),
    seen         boolean not null default false,
    actor_id     integer references person,     -- who did it; null for moderation
    community_id integer references community,
    post_id      integer references post,
    comment_id   integer references comment,
    reason       text not null default ''
);
create index notice_person on notice (person_id, id desc);
create index notice_unseen on notice (person_id) where not seen;
create unique index notice_comment on notice (person_id, comment_id) where kind in (1, 2, 6);

-- A thread that somebody wants to hear of, or not.
alter table mark
    add column watched_at timestamptz,
    add column muted_at   timestamptz;
create index mark_watched on mark (subject_id) where kind = 1 and watched_at is not null;

-- Whom somebody does not want to read. target is a person (1) or community (2); a
-- server (3) has its host instead.
create table shun (
    person_id integer not null references account on delete cascade,
    kind      smallint not null,
    target    integer not null default 0,
    host      text not null default '',
    at        timestamptz not null,
    primary key (person_id, kind, target, host)
);
