-- Accounts that move. What somebody's document says of where they were and where they
-- are; and whom this node knows to be their successor, since both accounts have said so.
alter table person
    add column also_known_as text not null default '',  -- ids, one a line
    add column moved_to      text not null default '',  -- id; empty while they are where they were
    add column successor_id  integer references person,
    add column moved_at      timestamptz;               -- when that was taken in; not again within a week
create index person_successor on person (successor_id) where successor_id is not null;
