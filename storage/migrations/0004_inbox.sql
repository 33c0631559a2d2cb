-- By which community's Announce what waits for an object came here: another way
-- to the same object may end differently.
alter table received add column via text not null default '';
