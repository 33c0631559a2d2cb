-- Somebody of another server who is followed here: what they write to everybody and
-- into no community has its place on their wall, which is no community to anybody
-- else. It has the id of the person.
alter table community add column wall boolean not null default false;

-- How many follow a community at its own server; -1 when it does not say.
alter table backfill add column followers integer not null default -1;
