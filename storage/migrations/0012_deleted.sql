-- Whether the newest of a deletion and its Undo is the deletion: a post may have
-- been removed besides, and then its state does not tell.
alter table post add column life_gone boolean not null default false;
alter table comment add column life_gone boolean not null default false;
-- Which deletion an Undo that came early takes back, if it names one.
alter table early_delete add column undoes text not null default '';
-- What the node last told others of itself, and when it last was at work: others
-- that gave it up begin again when they hear from it.
alter table node
    add column said     text not null default '',
    add column alive_at timestamptz not null default now();
