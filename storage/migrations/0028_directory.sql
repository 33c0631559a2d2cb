-- The directory of communities across servers.
alter table community
    add column there  integer not null default 0, -- subscribers that its home counts
    add column busy   integer not null default 0, -- people active there in a month: as its home says, or who have posted as far as is known here
    add column spoken text not null default '';   -- language of most of its posts of a month
update community c set there = b.followers from backfill b where b.community_id = c.id and b.followers > 0;

-- Servers whose public list of communities an admin has asked for.
create table catalogue (
    host     text primary key,
    software text not null default '',
    state    smallint not null default 1, -- 1 asked for, 2 read, 3 not to be had
    reason   text not null default '',
    found    integer not null default 0,  -- communities that were read this time
    asked_at timestamptz not null default now(),
    read_at  timestamptz                  -- when it was last read to its end
);

-- What stands in these lists. Nothing of it is taken for true but the name.
create table listing (
    host      text not null references catalogue on delete cascade,
    name      text not null,
    title     text not null default '',
    followers integer not null default 0,
    posts     integer not null default 0,
    busy      integer not null default 0,
    sensitive boolean not null default false,
    language  text not null default '',
    seen_at   timestamptz not null
);
create unique index listing_name on listing (host, lower(name));
-- As the directory is sorted; it goes through both tables along these.
create index listing_size on listing ((-followers::bigint), name collate "C", host collate "C");
create index listing_busy on listing ((-busy::bigint), name collate "C", host collate "C");
create index listing_posts on listing ((-posts::bigint), name collate "C", host collate "C");
create index listing_title on listing ((search_fold(coalesce(nullif(title, ''), name)) collate "C"), name collate "C", host collate "C");
create index listing_host on listing ((host collate "C"), name collate "C");
drop index community_posts;
create index community_size on community ((-greatest(followers, there)::bigint), name collate "C", host collate "C");
create index community_busy on community ((-busy::bigint), name collate "C", host collate "C");
create index community_posts on community ((-posts::bigint), name collate "C", host collate "C");
create index community_title on community ((search_fold(coalesce(nullif(title, ''), name)) collate "C"), name collate "C", host collate "C");
create index community_host on community ((host collate "C"), name collate "C");
create index community_age on community ((-id::bigint));
create index community_spoken on community (spoken) where spoken <> '' and not removed and not gone;
create index listing_found on listing using gin (search_fold(name || ' ' || title) gin_trgm_ops);

-- Communities that somebody here wants to join and that are looked for at their server first.
create table wanted (
    person_id integer not null references account on delete cascade,
    host      text not null,
    name      text not null,
    reason    text not null default '',  -- why it was not to be had
    at        timestamptz not null default now(),
    primary key (person_id, host, name)
);
