-- The node itself: one row. Every id hangs on url, so it is fixed at first start.
create table node (
    one          boolean primary key default true check (one),
    url          text not null,
    -- Added to transaction ids before they become log positions, so that positions
    -- keep growing when the database is restored into a younger cluster.
    xid_offset   bigint not null default 0,
    created_at   timestamptz not null default now()
);

create function log_xid() returns bigint language sql volatile as
$$ select pg_current_xact_id()::text::bigint + xid_offset from node $$;

-- Rows of the log below this are complete: no transaction that is still open can
-- add one. Readers take nothing at or above it.
create function log_horizon() returns bigint language sql volatile as
$$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + xid_offset from node $$;

-- Private keys of the actors that live here.
create table local_key (
    owner       text primary key,  -- actor id
    key_id      text not null,
    private_pem text not null
);

-- Names of people and communities here; never freed, so that no id is used twice.
create table local_name (
    name     text primary key,
    taken_at timestamptz not null
);

-- Other servers, as delivery and the nodeinfo probe see them.
create table server (
    id             bigint generated always as identity primary key,
    host           text not null unique,
    software       text not null default '',
    version        text not null default '',
    probed_at      timestamptz,
    probe_failures integer not null default 0,
    lease_owner    uuid,
    lease_until    timestamptz,
    failures       integer not null default 0,   -- in a row; the breaker opens on them
    retry_at       timestamptz,
    last_ok_at     timestamptz,
    last_error     text not null default '',
    last_error_at  timestamptz
);

create table server_inbox (
    id        bigint generated always as identity primary key,
    server_id bigint not null references server,
    url       text not null unique
);
create index server_inbox_server on server_inbox (server_id);

create table domain_block (
    host       text primary key,
    reason     text not null default '',
    blocked_at timestamptz not null
);

create table community (
    id             integer generated always as identity primary key,
    uri            text not null unique,
    name           text not null,
    host           text not null,
    local          boolean not null,
    title          text not null default '',
    summary_source text not null default '',
    summary_html   text not null default '',
    icon_url       text not null default '',
    sensitive      boolean not null default false,
    inbox          text not null default '',
    shared_inbox   text not null default '',
    followers_url  text not null default '',
    public_key     text not null default '',
    key_id         text not null default '',
    published_at   timestamptz,
    updated_at     timestamptz,
    fetched_at     timestamptz,
    created_at     timestamptz not null default now(),
    removed        boolean not null default false,
    removed_reason text not null default '',
    gone           boolean not null default false,
    followers      integer not null default 0,
    posts          integer not null default 0,
    comments       integer not null default 0
);
create index community_name on community (lower(name), host);
create index community_followers on community (followers desc, id desc) where not removed and not gone;

create table person (
    id           integer generated always as identity primary key,
    uri          text not null unique,
    name         text not null,
    host         text not null,
    local        boolean not null,
    bot          boolean not null default false,
    title        text not null default '',
    bio_source   text not null default '',
    bio_html     text not null default '',
    avatar_url   text not null default '',
    inbox        text not null default '',
    shared_inbox text not null default '',
    public_key   text not null default '',
    key_id       text not null default '',
    published_at timestamptz,
    updated_at   timestamptz,
    fetched_at   timestamptz,
    created_at   timestamptz not null default now(),
    gone         boolean not null default false,
    posts        integer not null default 0,
    comments     integer not null default 0
);
create index person_name on person (lower(name), host);
create index person_local on person (id) where local;

-- Keys that requests are verified with: one row per key of an actor.
create table actor_key (
    key_id     text primary key,
    owner      text not null,      -- actor id, verified to list this key
    public_pem text not null,
    checked_at timestamptz not null
);
create index actor_key_owner on actor_key (owner);

create table follow (
    person_id    integer not null references person,
    community_id integer not null references community,
    state        smallint not null,  -- 0 none, 1 pending, 2 following
    at           timestamptz not null,
    activity     text not null default '',
    undone       text not null default '',
    inbox_id     bigint references server_inbox,  -- through which the follower is told; null for people here
    primary key (person_id, community_id)
);
create index follow_community on follow (community_id, inbox_id) where state = 2;
create index follow_activity on follow (activity) where activity <> '';

-- Which stretch of a community's log goes to which inbox.
create table audience (
    community_id integer not null references community,
    inbox_id     bigint not null references server_inbox,
    server_id    bigint not null references server,
    since_xid    bigint not null,
    since_seq    bigint not null,
    until_xid    bigint,
    until_seq    bigint,
    primary key (community_id, inbox_id, since_xid, since_seq)
);
create unique index audience_open on audience (community_id, inbox_id) where until_xid is null;
create index audience_server on audience (server_id, community_id);

create sequence post_id_seq as integer;
create table post (
    id             integer primary key,
    uri            text not null unique,
    local          boolean not null,
    community_id   integer not null references community,
    author_id      integer not null references person,
    title          text not null default '',
    title_given    boolean not null default true,
    title_whole    boolean not null default false,
    link           text not null default '',
    source         text not null default '',
    format         smallint not null default 1,   -- 1 Markdown, 2 HTML, 3 plain
    html           text not null default '',
    render_version smallint not null default 0,
    language       text not null default '',
    sensitive      boolean not null default false,
    warning        text not null default '',
    page_url       text not null default '',
    published_at   timestamptz not null,
    published_text text not null default '',
    updated_at     timestamptz,
    updated_text   text not null default '',
    submitted_at   timestamptz not null,          -- published, but never later than received
    received_at    timestamptz not null default now(),
    create_id      text not null default '',
    up             integer not null default 0,
    down           integer not null default 0,
    comments       integer not null default 0,
    last_comment_at timestamptz,
    state          smallint not null default 0,   -- 0 live, 1 deleted, 2 removed, 3 purged
    reason         text not null default '',
    state_at       timestamptz
);
create index post_author on post (author_id, submitted_at desc, id desc);
create index post_link on post (link, id desc) where link <> '' and state = 0;

-- A post's places: its home and its crossposts, with the ids of their Announces.
create table placement (
    post_id      integer not null references post,
    community_id integer not null references community,
    home         boolean not null,
    announce_id  text not null default '',
    boost_id     text not null default '',
    placed_at    timestamptz not null,
    primary key (post_id, community_id)
);

-- What lists are sorted by, and nothing else: one row per live post and place.
create table post_rank (
    post_id      integer not null references post,
    community_id integer not null references community,
    home         boolean not null,
    submitted_at timestamptz not null,
    hot          double precision not null,
    score        integer not null,
    primary key (post_id, community_id)
);
create index post_rank_hot on post_rank (community_id, hot desc, post_id desc);
create index post_rank_new on post_rank (community_id, submitted_at desc, post_id desc);
create index post_rank_top on post_rank (community_id, score desc, post_id desc);
create index post_rank_all_hot on post_rank (hot desc, post_id desc) where home;
create index post_rank_all_new on post_rank (submitted_at desc, post_id desc) where home;
create index post_rank_all_top on post_rank (score desc, post_id desc) where home;

create sequence comment_id_seq as integer;
create table comment (
    id             integer primary key,
    uri            text not null unique,
    local          boolean not null,
    post_id        integer not null references post,
    parent_id      integer references comment,
    depth          smallint not null,
    author_id      integer not null references person,
    in_reply_to    text not null,
    source         text not null default '',
    format         smallint not null default 1,
    html           text not null default '',
    render_version smallint not null default 0,
    language       text not null default '',
    sensitive      boolean not null default false,
    warning        text not null default '',
    page_url       text not null default '',
    published_at   timestamptz not null,
    published_text text not null default '',
    updated_at     timestamptz,
    updated_text   text not null default '',
    received_at    timestamptz not null default now(),
    create_id      text not null default '',
    announce_id    text not null default '',
    up             integer not null default 0,
    down           integer not null default 0,
    state          smallint not null default 0,
    reason         text not null default '',
    state_at       timestamptz
);
create index comment_post on comment (post_id, id);
create index comment_author on comment (author_id, published_at desc, id desc);

create table vote (
    subject_kind smallint not null,   -- 1 post, 2 comment
    subject_id   integer not null,
    person_id    integer not null references person,
    dir          smallint not null,   -- 0 when taken back
    at           timestamptz not null,
    activity     text not null default '',
    undone       text not null default '',
    primary key (subject_kind, subject_id, person_id)
);

-- Ids that must never come back: deleted or purged objects.
create table tombstone (
    uri text primary key,
    at  timestamptz not null
);

create table moderation (
    id     bigint generated always as identity primary key,
    at     timestamptz not null,
    verb   text not null,
    target text not null,
    reason text not null default ''
);

-- The log: one row per accepted act and community, with what other servers are
-- told. A position is (xid, seq); numbers commit out of order, so readers stop
-- below log_horizon().
create sequence log_seq;
create table log (
    at           timestamptz not null,
    xid          bigint not null,
    seq          bigint not null,
    verb         text not null,
    lane         smallint not null,
    community_id integer,               -- whose followers are told; null when nobody's
    actor        text not null,
    subject      text not null,         -- id of the object the act is about
    parent       text not null default '',
    forum_id     text, forum_doc  bytea,
    micro_id     text, micro_doc  bytea,
    direct_id    text, direct_doc bytea,
    announcer    text not null default '',  -- actor whose key signs forum and micro
    signer       text not null default '',  -- actor whose key signs direct
    public       boolean not null default true,
    primary key (at, xid, seq)
) partition by range (at);
create index log_community on log (community_id, lane, xid, seq);
create index log_position on log (xid, seq);
create index log_subject on log (subject);
create index log_forum_id on log (forum_id) where forum_id is not null;
create index log_micro_id on log (micro_id) where micro_id is not null;
create index log_direct_id on log (direct_id) where direct_id is not null;

-- What goes to named recipients. form: 1 the act itself, 2 its announcement.
create table outbox_direct (
    server_id bigint not null references server,
    inbox_id  bigint not null references server_inbox,
    lane      smallint not null,
    form      smallint not null,
    at        timestamptz not null,      -- of the log row
    xid       bigint not null,
    seq       bigint not null,
    primary key (server_id, lane, xid, seq, inbox_id, form)
);

-- How far each server has been told, per lane. done lists what is finished above
-- the low-water mark, so that a crash re-sends at most the window.
create table delivery_lane (
    server_id bigint not null references server,
    lane      smallint not null,
    low_xid   bigint not null,
    low_seq   bigint not null,
    low_at    timestamptz not null,
    done      jsonb not null default '[]',
    behind    boolean not null default false,   -- there may be more to send
    primary key (server_id, lane)
);

-- What came in, exactly as it came. state: 0 unverified, 1 ready, 2 waiting for a
-- fetch, 3 applied, 4 refused, 5 failed.
create table received (
    id          bigint generated always as identity,
    at          timestamptz not null default now(),
    state       smallint not null,
    host        text not null,            -- of the actor
    source      text not null default '', -- where the request came from
    type        text not null default '',
    actor       text not null,
    activity    text not null,
    family      smallint not null,        -- 1 membership, 2 content, 3 votes
    shard       smallint not null,
    key         bigint not null,          -- acts with one key keep their order
    body        bytea not null,
    request     bytea,                    -- method, target and header, while unverified
    tries       smallint not null default 0,
    next_at     timestamptz,
    needs       text not null default '', -- id of the object waited for
    reason      text not null default '',
    done_at     timestamptz,
    primary key (at, id)
) partition by range (at);
create index received_ready on received (family, shard, id) where state = 1;
create index received_unverified on received (next_at, id) where state = 0;
create index received_waiting on received (key, id) where state = 2;
create index received_needs on received (needs) where state = 2;
create index received_activity on received (activity);

-- Activities seen: 16 bytes of a hash over actor and id.
create table seen (
    hash bytea not null,
    day  date not null default current_date,
    primary key (day, hash)
) partition by range (day);

-- A worker owns a family and shard of what came in while it holds this row.
create table inbox_claim (
    family smallint not null,
    shard  smallint not null,
    primary key (family, shard)
);
insert into inbox_claim select f, s from generate_series(1, 3) f, generate_series(0, 15) s;
