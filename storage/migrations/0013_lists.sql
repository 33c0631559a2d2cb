-- What lists are sorted by, apart by what changes it: post_rank by votes,
-- post_pulse by comments. Each index of a table is written anew with every change
-- of one of its columns, so votes touch no index over comments or times, and
-- comments none over votes.
alter table post_rank
    -- As hot, less the size that the community had at the last vote.
    add column scaled     double precision not null default 0,
    -- Above 0 only where people voted both ways.
    add column contention double precision not null default 0;
create table post_pulse (
    post_id      integer not null,
    community_id integer not null,
    home         boolean not null,
    submitted_at timestamptz not null,
    comments     integer not null default 0,
    active       double precision not null,
    primary key (post_id, community_id),
    foreign key (post_id, community_id) references post_rank on delete cascade
);
insert into post_pulse (post_id, community_id, home, submitted_at, comments, active)
    select r.post_id, r.community_id, r.home, r.submitted_at, p.comments,
        log(greatest(p.comments, 1)::float8) + (extract(epoch from least(greatest(p.last_comment_at, r.submitted_at),
            r.submitted_at + interval '2 days')) - 1704067200)::float8 / 45000
    from post_rank r join post p on p.id = r.post_id;
update post_rank r set
    scaled = r.hot - log(1 + (c.followers + c.posts) / 10.0::float8),
    contention = case when p.up > 1 and p.down > 0 then (p.up - 1 + p.down) ^ (least(p.up - 1, p.down)::float8 / greatest(p.up - 1, p.down)) else 0 end
    from post p join community c on c.id = p.community_id where p.id = r.post_id;


-- Both tables have the same rows, also where a process of the version before
-- writes: it knows of one only.
create function post_pulse_begun() returns trigger language plpgsql as
$$ begin
    insert into post_pulse (post_id, community_id, home, submitted_at, active)
        select post_id, community_id, home, submitted_at, (extract(epoch from submitted_at) - 1704067200)::float8 / 45000 from added
        on conflict do nothing;
    return null;
end $$;
create trigger post_rank_begun after insert on post_rank referencing new table as added
    for each statement execute function post_pulse_begun();

drop index post_rank_new, post_rank_all_new;
create index post_rank_all_scaled on post_rank (scaled desc, post_id desc) where home;
create index post_rank_contention on post_rank (community_id, contention desc, post_id desc) where contention > 0;
create index post_rank_all_contention on post_rank (contention desc, post_id desc) where home and contention > 0;
create index post_pulse_new on post_pulse (community_id, submitted_at desc, post_id desc);
create index post_pulse_active on post_pulse (community_id, active desc, post_id desc);
create index post_pulse_comments on post_pulse (community_id, comments desc, post_id desc);
create index post_pulse_all_new on post_pulse (submitted_at desc, post_id desc) where home;
create index post_pulse_all_active on post_pulse (active desc, post_id desc) where home;
create index post_pulse_all_comments on post_pulse (comments desc, post_id desc) where home;

-- The directory of communities.
create index community_posts on community (posts desc, id desc) where not removed and not gone;

-- What people copy from their browser is the page, where that is not the id. Such
-- an index takes a few bytes an entry, and nothing is asked of it but equality.
create index post_page on post using hash (page_url) where page_url <> '';
create index comment_page on comment using hash (page_url) where page_url <> '';
