-- A post that has moved to another community was told of in the first, and its changes
-- still are; it is not listed there any more.
alter table placement add column moved_at timestamptz;

-- NodeBB names a thread by the collection that it is.
create index thread_context on thread_check using hash (context) where context <> '';
