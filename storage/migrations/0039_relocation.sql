-- A post that has moved to another community was told of in the first, and its changes
-- still are; it is not listed there any more.
alter table placement add column moved_at timestamptz;

-- NodeBB names a thread by the collection that it is.
create index thread_context on thread_check using hash (context) where context <> '';

-- A collection may have in it what a list of communities elsewhere has: a Feed, as of
-- PieFed and Lemmy, which is read again each day. state: 1 asked for, 2 read, 3 not to be had.
alter table collection
    add column feed       text not null default '',
    add column feed_state smallint not null default 0,
    add column asked_at   timestamptz;
create index collection_feed on collection (feed) where feed <> '';
