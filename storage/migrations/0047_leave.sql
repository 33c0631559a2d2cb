-- By what their authors gave out for them: answers of people here to posts and comments
-- elsewhere, and posts that communities of ours announce.
create index comment_leave on comment ((tags->>'l')) where tags->>'l' is not null;
create index post_approval on post (approval) where approval <> '';
