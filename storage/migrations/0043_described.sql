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
