-- Collections of communities that somebody reads together, under a name of their own.
create table collection (
    id        integer generated always as identity primary key,
    person_id integer not null references account on delete cascade,
    name      text not null,
    made_at   timestamptz not null
);
create unique index collection_name on collection (person_id, lower(name));
create table collected (
    collection_id integer not null references collection on delete cascade,
    community_id  integer not null references community on delete cascade,
    at            timestamptz not null,
    primary key (collection_id, community_id)
);
create index collected_community on collected (community_id);
