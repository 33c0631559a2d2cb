-- What people chose in polls, for ever, so that nobody chooses twice. The totals stand
-- with the post, where lists and pages read them.
create table poll_vote (
    post_id   integer not null references post on delete cascade,
    person_id integer not null references person,
    choice    smallint not null,    -- index among the poll's options
    at        timestamptz not null,
    primary key (post_id, person_id, choice)
);
create index poll_vote_person on poll_vote (person_id, at);
