-- What one person writes to another, and nobody else reads. One of the two lives here.
-- A message to several people of this node has a row for each of them.
create table message (
    id           bigint generated always as identity primary key,
    uri          text not null,
    author_id    integer not null references person,
    to_id        integer not null references person,
    in_reply_to  text not null default '',   -- a message, or a post or comment
    source       text not null,
    format       smallint not null,
    html         text not null,
    warning      text not null default '',
    others       integer not null default 0, -- further people to whom it was addressed
    published_at timestamptz not null,       -- not later than it came
    arrived_at   timestamptz not null,
    edited_at    timestamptz,
    edits        smallint not null default 0,
    deleted      boolean not null default false, -- by its author; the words are gone
    seen         boolean not null,           -- by whom it is to
    unique (uri, to_id)
);
create index message_pair on message (author_id, to_id, id);
create index message_to on message (to_id, author_id);
create index message_unseen on message (to_id) where not seen;
create index message_arrived on message (author_id, arrived_at);

-- How somebody here stands to another with whom they exchange messages.
create table conversation (
    person_id  integer not null references account on delete cascade,
    with_id    integer not null references person,
    state      smallint not null,            -- 1 a stranger asks, 2 wanted, 3 refused
    began_at   timestamptz not null,
    last_id    bigint not null,              -- the newest message that they see
    cleared_id bigint not null default 0,    -- they see nothing up to this one
    primary key (person_id, with_id)
);
create index conversation_last on conversation (person_id, state, last_id desc);
create index conversation_with on conversation (with_id);
create index conversation_began on conversation (began_at);

-- What somebody here showed to the admins. The words are a copy: their author may
-- delete the message.
create table message_report (
    id        bigint generated always as identity primary key,
    by_id     integer not null references account on delete cascade,
    author_id integer not null references person,
    uri       text not null,
    html      text not null,
    reason    text not null,
    at        timestamptz not null,
    unique (by_id, uri)
);

-- kind 8: somebody wrote a message; told once until they have looked.
alter table notice add column message_report_id bigint references message_report on delete cascade;
create unique index notice_message on notice (person_id, actor_id) where kind = 8 and not seen;
