-- What a moderator had removed and its author deletes loses its words in time, as what
-- the author alone deleted does.
create index post_removed_to_blank on post (life_at) where state = 2 and life_gone and not blanked;
create index comment_removed_to_blank on comment (life_at) where state = 2 and life_gone and not blanked;

-- Of people who are gone, that was left standing.
update person a set emptied = false where gone and emptied
    and (exists (select 1 from post where author_id = a.id and state = 2 and not life_gone)
        or exists (select 1 from comment where author_id = a.id and state = 2 and not life_gone));
