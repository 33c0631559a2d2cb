-- A volatile function looks at a later snapshot than the statement that calls
-- it: a row committed between the two would lie below the horizon and yet not be
-- seen. Stable, it shares the snapshot of its statement.
alter function log_horizon() stable;

-- What a server is owed and when it may be asked again. Log rows below
-- touched_xid may be addressed to it, and everything below walked_xid is
-- finished; it has work while the first is greater.
alter table server
    add column touched_xid bigint not null default 0,
    add column walked_xid  bigint not null default 0,
    add column wake_at     timestamptz,   -- when a row that failed is due again; retry_at holds all rows
    add column probe_at    timestamptz,   -- when its nodeinfo is to be asked again
    add column microblog   boolean not null default false;  -- told of nothing but posts
-- These rows are rewritten for every burst of deliveries.
alter table server set (fillfactor = 60);

-- What an inbox answered when it refused to exist.
alter table server_inbox
    add column refused_status smallint,
    add column refused_at     timestamptz;

-- Up to where the log has been searched for servers that are told of it.
create table log_reader (
    one boolean primary key default true check (one),
    xid bigint not null
);
insert into log_reader (xid) values (0);

create index outbox_direct_position on outbox_direct (xid, seq);

-- tried lists what has failed above the low-water mark and will be tried again.
alter table delivery_lane
    drop column behind,
    add column tried jsonb not null default '[]';

-- Rows given up for one inbox, while others passed.
create table delivery_skip (
    server_id  bigint not null references server,
    inbox_id   bigint not null references server_inbox,
    lane       smallint not null,
    form       smallint not null,
    at         timestamptz not null,      -- of the log row
    xid        bigint not null,
    seq        bigint not null,
    tries      integer not null,
    status     smallint not null,         -- last HTTP answer; 0 when there was none
    reason     text not null,
    skipped_at timestamptz not null default now(),
    primary key (server_id, xid, seq, inbox_id, form)
);
