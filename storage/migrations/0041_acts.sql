-- Of two acts on the same thing the later wins, so each looks for the newest before it.
create index moderation_newest on moderation (community_id, coalesce(person_id, 0), coalesce(comment_id, 0), at desc);
