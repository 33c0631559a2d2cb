-- The flow in and out, in steps of five minutes, so that drawing it counts no rows
-- of received or log.
create table traffic (
    at   timestamptz not null,   -- when the five minutes began
    kind smallint not null,
    n    bigint not null,
    primary key (at, kind)
) with (fillfactor = 70);

-- What could not be applied, newest first, in all and of one server. Rows come in
-- the order of their ids, so the place of any one is found without an entry for each.
create index received_refused on received (id) where state in (4, 5);
create index received_refused_host on received (host, id) where state in (4, 5);
create index received_id on received using brin (id) with (pages_per_range = 32, autosummarize = on);
