-- What went along with an act is found by the log of moderation, not by a row of the act's own.
update moderation o set along = true from swept w
    where o.verb = 'remove' and w.kind = w.by_kind and w.subject_id = w.by_id and o.at = w.at
        and (w.kind = 1 and o.post_id = w.by_id and o.comment_id is null or w.kind = 2 and o.comment_id = w.by_id);
update moderation o set along = true from swept w
    where o.verb = 'ban' and w.by_kind = 3 and o.community_id = w.by_id and o.person_id = w.person_id and o.at = w.at;
delete from swept where kind = by_kind and subject_id = by_id;
