-- Activities are served when the log no longer holds them, by the ids that posts
-- and comments keep of them.
create index placement_announce on placement (announce_id) where announce_id <> '';
create index placement_boost on placement (boost_id) where boost_id <> '';
create index post_create on post (create_id) where local;
create index comment_create on comment (create_id) where local;
create index comment_announce on comment (announce_id) where announce_id <> '';

-- The answers to one post, and to one comment, without the rest of the thread.
create index comment_top on comment (post_id, id) where parent_id is null;
create index comment_answers on comment (parent_id, id) where parent_id is not null;
