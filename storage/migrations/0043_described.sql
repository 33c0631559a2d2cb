-- What the server of a community elsewhere wrote of it, whole: whoever here moderates it
-- sends that back with what is to be different.
alter table community add column said text not null default '';
