-- What this node asks of others by itself: communities elsewhere, what was said in
-- them before anybody here followed, and what is missing of their threads.
alter table community
    -- Only moderators post there, as in a channel of videos.
    add column restricted boolean not null default false,
    -- Announcements whose origin said that there is no such thing.
    add column denials    integer not null default 0;

-- A follow of somebody here that is not answered is asked for again.
alter table follow
    add column asked_at timestamptz not null default now(),
    add column asks     smallint not null default 1;
create index follow_pending on follow (asked_at) where state = 1;

-- The past of a community elsewhere, and how far it has been read.
create table backfill (
    community_id integer primary key references community on delete cascade,
    state        smallint not null,              -- 1 under way, 2 done, 3 ended early
    step         text not null default '',       -- what is read next
    place        text not null default '',       -- where in that: the page that comes next
    pages        integer not null default 0,     -- read in this step
    gets         integer not null default 0,     -- requests in all
    posts        integer not null default 0,     -- that are here because of it
    comments     integer not null default 0,
    failed       integer not null default 0,     -- that could not be had
    said         integer not null default -1,    -- posts that the community counts; -1 when it does not say
    notes        text[] not null default '{}',   -- words for what cannot be had
    began_at     timestamptz not null default now(),
    touched_at   timestamptz not null default now(),
    ended_at     timestamptz
);
create table backfill_thread (
    community_id integer not null references backfill on delete cascade,
    seq          bigint generated always as identity,
    post_id      integer not null references post on delete cascade,
    primary key (community_id, seq),
    unique (community_id, post_id)
);

-- What is known of a thread at its home.
create table thread_check (
    post_id    integer primary key references post on delete cascade,
    context    text not null default '',      -- its collection there (FEP-7888)
    replies    text not null default '',      -- of the post alone
    tag        text not null default '',      -- entity tag of the collection when it was last brought in line
    said       integer not null default -1,   -- comments that the home counts; -1 when it does not say
    missing    integer not null default 0,    -- of these not here yet
    unhad      integer not null default 0,    -- of these not to be had
    state      smallint not null default 0,   -- 0 at rest, 1 asked for, 2 being read
    tries      smallint not null default 0,   -- in a row that failed
    swept      integer not null default 0,    -- comment up to which words were compared
    checked_at timestamptz
);

-- Words that a community announced and their own server has not confirmed.
create table unconfirmed (
    uri          text primary key,             -- id of the object
    post_id      integer not null references post on delete cascade,
    community_id integer not null references community on delete cascade,
    since        timestamptz not null default now(),
    denied       boolean not null default false -- their server says there is no such thing
);
create index unconfirmed_post on unconfirmed (post_id);

-- What somebody here looks for elsewhere, and how that ended.
create table lookup (
    text     text primary key,
    state    smallint not null default 1, -- 1 asked for, 2 found, 3 not to be had
    found    text not null default '',    -- id of what was found
    reason   text not null default '',
    asked_at timestamptz not null default now()
);
create index lookup_asked on lookup (asked_at);
