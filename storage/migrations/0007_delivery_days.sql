-- What goes to single inboxes, and what was given up, is cut by day like the log
-- that it points into, and emptied by dropping days. No foreign keys: making or
-- dropping a day would lock the servers that are being delivered to, and neither
-- servers nor inboxes are ever deleted.
alter table outbox_direct rename to outbox_direct_whole;
alter index outbox_direct_pkey rename to outbox_direct_whole_pkey;
drop index outbox_direct_position;
create table outbox_direct (
    server_id bigint not null,
    inbox_id  bigint not null,
    lane      smallint not null,
    form      smallint not null,         -- 1 the act itself, 2 its announcement
    at        timestamptz not null,      -- of the log row
    xid       bigint not null,
    seq       bigint not null,
    primary key (server_id, lane, xid, seq, inbox_id, form, at)
) partition by range (at);
create index outbox_direct_position on outbox_direct (xid, seq);

alter table delivery_skip rename to delivery_skip_whole;
alter index delivery_skip_pkey rename to delivery_skip_whole_pkey;
create table delivery_skip (
    server_id  bigint not null,
    inbox_id   bigint not null,
    lane       smallint not null,
    form       smallint not null,
    at         timestamptz not null,      -- of the log row
    xid        bigint not null,
    seq        bigint not null,
    tries      integer not null,
    status     smallint not null,         -- last HTTP answer; 0 when there was none
    reason     text not null,
    skipped_at timestamptz not null default now(),
    primary key (server_id, xid, seq, inbox_id, form, skipped_at)
) partition by range (skipped_at);

do $$
declare
    day date;
begin
    -- The days of the rows that are there, and those that are needed until the
    -- program has made its own.
    for day in select distinct (at at time zone 'UTC')::date from outbox_direct_whole
        union select (now() at time zone 'UTC')::date + d from generate_series(-1, 1) d loop
        execute format('create table %I partition of outbox_direct for values from (%L) to (%L)',
            'outbox_direct_' || to_char(day, 'YYYYMMDD'), day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    end loop;
    for day in select distinct (skipped_at at time zone 'UTC')::date from delivery_skip_whole
        union select (now() at time zone 'UTC')::date + d from generate_series(-1, 1) d loop
        execute format('create table %I partition of delivery_skip for values from (%L) to (%L)',
            'delivery_skip_' || to_char(day, 'YYYYMMDD'), day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    end loop;
end $$;

insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq)
    select server_id, inbox_id, lane, form, at, xid, seq from outbox_direct_whole;
insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason, skipped_at)
    select server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason, skipped_at from delivery_skip_whole;
drop table outbox_direct_whole;
drop table delivery_skip_whole;

-- Up to which moment the log has been searched: only decides how many days of it
-- are looked into.
alter table log_reader add column at timestamptz not null default '-infinity';

-- Rows that a server is told of also when it is so far behind that it is spared
-- the rest: what takes something back.
alter table log add column lasting boolean not null default false;
create index log_lasting on log (community_id, lane, xid, seq) where lasting;

-- Rows below jump_xid are left out for a server that was too far behind, but for
-- the lasting ones.
alter table delivery_lane
    add column jump_xid bigint not null default 0,
    add column jump_at  timestamptz;

-- Intervals that ended are kept, so that whoever got something is told when it is
-- changed. They must not be read by walks that are long past them.
create index audience_community on audience (community_id, (coalesce(until_xid, 9223372036854775807)));
create index audience_told on audience (server_id, (coalesce(until_xid, 9223372036854775807)));

-- Every transaction whose effects the calling statement sees has its place in the
-- log below this.
create function log_frontier() returns bigint language sql stable as
$$ select pg_snapshot_xmax(pg_current_snapshot())::text::bigint + xid_offset from node $$;
