-- People of this node who can sign in. Who follows for the node has no account.
create table account (
    person_id   integer primary key references person,
    email       text not null default '',        -- confirmed by its owner; empty when none is
    password    text not null,                   -- argon2id, as a PHC string
    admin       boolean not null default false,
    released    boolean not null default true,   -- false: what they post waits for an admin
    totp        text not null default '',        -- secret in base32; empty when there is none
    totp_step   bigint not null default 0,       -- the newest step of which a code was taken: none counts twice
    recovery    text[] not null default '{}',    -- SHA-256 of the codes that are left, in hex
    settings    jsonb not null default '{}',
    made_at     timestamptz not null,
    changed_at  timestamptz not null             -- of the password
);
create unique index account_email on account (lower(email)) where email <> '';

create table session (
    token     bytea primary key,                 -- SHA-256 of what the browser holds
    person_id integer not null references account on delete cascade,
    made_at   timestamptz not null,
    seen_at   timestamptz not null,
    address   text not null default '',          -- of the network, as is the agent; both are emptied after a week
    agent     text not null default ''
);
create index session_person on session (person_id);
create index session_seen on session (seen_at);

-- Links that work once: what was asked for happens when somebody follows one.
create table one_time_link (
    token      bytea primary key,                -- SHA-256 of what stands in the link
    purpose    smallint not null,                -- 1 the first admin, 2 joining, 3 another password, 4 another address, 5 the second factor, 6 setting one up
    person_id  integer references account on delete cascade,
    name       text not null default '',         -- who joins
    email      text not null default '',
    password   text not null default '',         -- hash, of who joins; secret, of who sets up a second factor
    expires_at timestamptz not null
);
create index one_time_link_expires on one_time_link (expires_at);
