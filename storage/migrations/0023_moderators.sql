-- What moderators do to threads and people, and what they are told.
alter table post
    add column locked    boolean not null default false,
    add column pinned_at timestamptz;
create index post_pinned on post (community_id, pinned_at desc) where pinned_at is not null;

create table ban (
    community_id integer not null references community on delete cascade,
    person_id    integer not null references person,
    at           timestamptz not null,
    until        timestamptz,
    reason       text not null default '',
    primary key (community_id, person_id)
);
create index ban_person on ban (person_id);

-- Who did it, where, and to whom or what; null for what the admin's commands do.
alter table moderation
    add column actor_id     integer references person,
    add column community_id integer references community,
    add column post_id      integer references post,
    add column comment_id   integer references comment,
    add column person_id    integer references person,
    add column until        timestamptz;
create index moderation_community on moderation (community_id, id desc) where community_id is not null;

create table report (
    id           bigint generated always as identity primary key,
    at           timestamptz not null,
    by_id        integer not null references person,
    community_id integer not null references community,
    post_id      integer references post,
    comment_id   integer references comment,
    reason       text not null,
    closed_at    timestamptz
);
create unique index report_once on report (by_id, coalesce(comment_id, 0), coalesce(post_id, 0)) where closed_at is null;
create index report_open on report (community_id, id desc) where closed_at is null;
