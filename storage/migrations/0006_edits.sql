-- Edits and deletions by authors. edited_* name the newest edit (later wins,
-- ties by id); life_* the newest deletion or its Undo, as votes keep theirs.
-- published_at alone orders what was never edited.
alter table post
    add column edited_at   timestamptz,
    add column edited_act  text not null default '',
    add column life_at     timestamptz,
    add column life_act    text not null default '',
    add column life_undone text not null default '';
alter table comment
    add column edited_at   timestamptz,
    add column edited_act  text not null default '',
    add column life_at     timestamptz,
    add column life_act    text not null default '',
    add column life_undone text not null default '',
    -- Transaction, as in log positions, in which its community told of it.
    add column told_xid    bigint not null default 0;
alter table placement
    add column told_xid    bigint not null default 0; -- likewise

-- What a post or comment said before it was edited, newest last. Deletion and
-- purge take it away.
create table revision (
    id           bigint generated always as identity primary key,
    subject_kind smallint not null,   -- 1 post, 2 comment
    subject_id   integer not null,
    at           timestamptz not null, -- until when it said so
    title        text not null default '',
    link         text not null default '',
    source       text not null,
    format       smallint not null,
    html         text not null
);
create index revision_subject on revision (subject_kind, subject_id, id);

-- Deletions that came before what they delete, by whose word. One that was
-- undone is kept too: it may overtake the deletion.
create table early_delete (
    day      date not null default current_date,
    uri      text not null,
    by       text not null,           -- actor; another actor's word does not count
    at       timestamptz not null,
    activity text not null default '',
    undone   boolean not null,
    primary key (day, uri, by)
) partition by range (day);

-- A person who is gone, with content that is still to be deleted.
alter table person
    add column gone_at timestamptz,
    add column emptied boolean not null default false;
create index person_to_empty on person (id) where gone and not emptied;

-- Of posts and comments that their authors deleted, the words go after a while.
alter table post add column blanked boolean not null default false;
alter table comment add column blanked boolean not null default false;
create index post_to_blank on post (state_at) where state = 1 and not blanked;
create index comment_to_blank on comment (state_at) where state = 1 and not blanked;

-- The id of the object that content is about: what was deleted is blanked by it.
alter table received add column about text not null default '';
create index received_about on received (about) where about <> '';

-- micro_signer signs what microblogs get where that is not the announcer: the
-- author's own Update or Delete. of_xid is told_xid of what a row changes, so
-- that it is said in the form in which that was said.
alter table log
    add column micro_signer text not null default '',
    add column of_xid       bigint not null default 0;

-- In which form a server is told of rows from since_xid on: 0 both, 1 forums,
-- 2 microblogs. What a row changes or undoes goes out in the form of the row that
-- it changes.
create table server_form (
    server_id bigint not null references server,
    since_xid bigint not null,
    form      smallint not null,
    at        timestamptz not null default now(),
    primary key (server_id, since_xid)
);
-- What software is known already holds for everything sent so far.
insert into server_form (server_id, since_xid, form)
    select id, 0, case when microblog then 2 when software in ('lemmy', 'piefed', 'pyfedi', 'mbin', 'kbin', 'nodebb',
        'discourse', 'friendica', 'lotide', 'stoa', 'hubzilla', 'streams', 'forte', 'zap', 'littr', 'brutalinks',
        'azorius', 'mobilizon') then 1 else 0 end
    from server where probed_at is not null;

-- What an admin asks about delivery: the last answer, the window of each lane,
-- and how much a server that was too far behind has missed.
alter table server
    add column last_status  smallint,
    add column last_said    text not null default '',
    add column jumped_at    timestamptz,
    add column jumped_rows  bigint not null default 0;
alter table delivery_lane
    add column width real not null default 1;  -- requests at a time
