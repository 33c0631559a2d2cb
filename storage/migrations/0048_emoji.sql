-- Pictures that stand for words in what is written here, by their shortcodes. A text keeps
-- the address of the picture, so that one that was taken away, or has another picture now,
-- stays where it stands.
create table emoji (
    name    text not null,
    url     text not null, -- of the picture, among those that people of this node have sent
    bytes   bigint not null,
    at      timestamptz not null,
    removed boolean not null default false,
    primary key (name, url)
);
create unique index emoji_name on emoji (name) where not removed;

alter table message add column emoji text not null default ''; -- of its text, as in person
