-- What the server of a community elsewhere wrote of it, whole: whoever here moderates it
-- sends that back with what is to be different.
alter table community add column said text not null default '';

-- A post of somebody elsewhere who wants to be asked before our community announces it:
-- asked is the id of the Announce that waits for their answer, approval that of what they
-- gave out for it.
alter table post
    add column withheld boolean not null default false,
    add column asked    text not null default '',
    add column approval text not null default '';
create index post_asked on post (asked) where asked <> '';

-- What is said to allow posts and comments elsewhere to quote something (FEP-044f), and
-- what was read there: attributed is who gave it, once it was found to be good.
create table quote_approval (
    quoting    text primary key,
    id         text not null, -- empty once it was taken back
    quoted     text not null,
    good       boolean not null default false,
    attributed text not null default ''
);
create index quote_approval_id on quote_approval (id) where id <> '';
