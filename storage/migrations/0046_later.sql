-- Of a report and of what takes it back, or says that it has been dealt with, the later
-- counts, whichever comes first. What ends a report that has not come yet is a row that was
-- never open.
alter table report
    add column said_at  timestamptz not null default now(), -- when whoever reports said so
    add column ended_at timestamptz;                        -- when whoever ended it did
update report set said_at = at, ended_at = closed_at;
create index report_ended on report (coalesce(comment_id, 0), coalesce(post_id, 0), coalesce(person_id, 0), coalesce(community_id, 0)) where ended_at is not null;

-- Whether something went along with an act, or was given back with it: of these the later
-- counts by itself.
alter table moderation add column along boolean not null default false;
