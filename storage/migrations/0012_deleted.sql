-- Whether the newest of a deletion and its Undo is the deletion: a post may have
-- been removed besides, and then its state does not tell.
alter table post add column life_gone boolean not null default false;
alter table comment add column life_gone boolean not null default false;
-- Which deletion an Undo that came early takes back, if it names one.
alter table early_delete add column undoes text not null default '';
