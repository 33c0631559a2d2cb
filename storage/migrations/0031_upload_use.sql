-- A picture that somebody of this node has sent stays while any post has it: not only the
-- first one.
create table upload_use (
    post_id   integer not null references post,
    name      text not null,
    person_id integer not null,
    primary key (post_id, name, person_id),
    foreign key (name, person_id) references upload on delete cascade
);
create index upload_use_upload on upload_use (name, person_id);
-- Files of which nobody is the owner any more: each is named here until it is gone, also
-- when the place where it lies does not answer.
create table upload_gone (
    name text primary key
);
insert into upload_use (post_id, name, person_id)
    select post_id, name, person_id from upload where post_id is not null
    union
    select p.id, u.name, u.person_id from upload u join post p on p.author_id = u.person_id and p.attachments::text like '%/pictures/' || u.name || '%';
alter table upload drop column post_id; -- and upload_post and upload_loose with it
