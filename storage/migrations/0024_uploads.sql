-- Pictures that people of this node have sent. What belongs to nothing a day later, or to
-- what is gone for good, is taken away.
create table upload (
    name      text not null,                     -- of the file
    person_id integer not null references person,
    bytes     bigint not null,
    type      text not null,
    width     integer not null,
    height    integer not null,
    at        timestamptz not null,
    post_id   integer references post,
    primary key (name, person_id)
);
create index upload_person on upload (person_id);
create index upload_post on upload (post_id) where post_id is not null;
create index upload_loose on upload (at) where post_id is null;
