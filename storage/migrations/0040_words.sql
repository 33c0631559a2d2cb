-- What the texts of a post or comment name: emoji, hashtags, tags of the community,
-- what is quoted. Null where there is nothing, which is the rule.
alter table post
    add column tags      jsonb,
    add column reactions text not null default ''; -- what is in the table of that name, counted
alter table comment
    add column tags      jsonb,
    add column reactions text not null default '';

-- Emoji that stand in what an actor is called, one to a line: shortcode, blank, address.
alter table person add column emoji text not null default '';
alter table community
    add column emoji     text not null default '',
    add column post_tags text not null default ''; -- a line each: id, name, title, colour, with tabs between

-- Under which hashtags and tags of communities a post is listed. The first are lower
-- case without their sign, the others ids, which have a colon.
create table topic (
    name         text not null,
    post_id      integer not null references post on delete cascade,
    submitted_at timestamptz not null, -- the post's
    primary key (name, submitted_at, post_id)
);
create index topic_post on topic (post_id);

-- With which emoji people voted, where they did.
create table reaction (
    subject_kind smallint not null, -- as in vote
    subject_id   integer not null,
    person_id    integer not null references person on delete cascade,
    emoji        text not null,     -- as it is written; of a picture ":shortcode: address"
    primary key (subject_kind, subject_id, person_id)
);
create index reaction_person on reaction (person_id);

-- Who was told that they may quote something written here (FEP-044f).
create table quote_grant (
    id           uuid primary key,
    subject_kind smallint not null,
    subject_id   integer not null,
    person_id    integer not null references person on delete cascade, -- who quotes
    quoting      text not null,     -- id of what they wrote
    at           timestamptz not null,
    revoked_at   timestamptz,
    unique (subject_kind, subject_id, quoting)
);
create index quote_grant_person on quote_grant (person_id);
