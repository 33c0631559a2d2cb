-- Posts go on in other communities, and what was done with them before counts there.
create index moderation_of_post on moderation (post_id, coalesce(comment_id, 0), at desc) where post_id is not null;
drop index moderation_newest;
create index moderation_newest on moderation (community_id, person_id, at desc) where person_id is not null;
