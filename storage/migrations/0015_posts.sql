-- What a post or comment is besides words. Null where there is nothing, which is
-- the rule, so that such a row costs no more than before.
alter table post
    add column shape       smallint not null default 0, -- forum.Shape
    add column attachments jsonb,
    add column occasion    jsonb,
    add column poll        jsonb;
alter table comment
    add column attachments   jsonb,
    add column distinguished boolean not null default false;

-- Who may be found by name, and by what they wrote.
alter table person
    add column discoverable boolean not null default true,
    add column indexable    boolean not null default true;
alter table community
    add column discoverable boolean not null default true,
    add column indexable    boolean not null default true;

-- Who moderates a community, as its home says. By id: of most communities elsewhere
-- some moderators were never met here.
create table moderator (
    community_id integer not null references community on delete cascade,
    person_uri   text not null,
    since        timestamptz not null default now(),
    primary key (community_id, person_uri)
);
create index moderator_person on moderator (person_uri);

-- What the page behind a link says of itself, once for all posts that share it.
create table link_preview (
    url         text primary key,
    title       text not null default '',
    description text not null default '',
    site        text not null default '',
    picture     text not null default '',
    picture_alt text not null default '',
    state       smallint not null default 0, -- 0 asked for, 1 read, 2 not to be had
    fetched_at  timestamptz
);
