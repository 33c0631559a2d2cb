-- What somebody here did to a post or comment that only they know of.
create table mark (
    person_id  integer not null references account on delete cascade,
    kind       smallint not null,          -- 1 post, 2 comment
    subject_id integer not null,
    saved_at   timestamptz,
    hidden_at  timestamptz,                -- of a post: left out of their lists
    read_at    timestamptz,                -- of a post: when they last opened it
    last       integer not null default 0, -- the newest comment that was there then
    comments   integer not null default 0, -- how many there were
    primary key (person_id, kind, subject_id)
);
create index mark_saved on mark (person_id, saved_at desc) where saved_at is not null;

-- What somebody has begun to write and not sent. place says where it belongs:
-- "post", "reply post-12", "edit comment-34".
create table draft (
    person_id integer not null references account on delete cascade,
    place     text not null,
    fields    jsonb not null,
    at        timestamptz not null,
    primary key (person_id, place)
);

-- What a new account posts before an admin has released it. Nobody else sees it, and
-- no other server hears of it.
create table held (
    id        bigint generated always as identity primary key,
    person_id integer not null references account on delete cascade,
    fields    jsonb not null,
    at        timestamptz not null
);
create index held_person on held (person_id, id);
