-- The best of a month is looked for among the best of all times. What is passed by is
-- told from the index alone, so the index says when a post was submitted. It is written
-- anew with every change of a score as it was.
drop index post_rank_top, post_pulse_comments, post_rank_contention;
create index post_rank_top on post_rank (community_id, score desc, post_id desc) include (submitted_at, home);
create index post_rank_contention on post_rank (community_id, contention desc, post_id desc) include (submitted_at, home) where contention > 0;
create index post_pulse_comments on post_pulse (community_id, comments desc, post_id desc) include (submitted_at, home);
