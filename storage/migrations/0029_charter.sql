-- More of what communities and people say of themselves.
alter table community
    add column banner_url   text not null default '',
    add column rules_source text not null default '',  -- Markdown; of ours alone
    add column rules_html   text not null default '',
    add column language     text not null default '',  -- in which people write there; a BCP 47 tag
    add column untitled     boolean not null default false; -- posts of people here need no title
alter table person
    add column banner_url text not null default '',
    add column links      text not null default '';    -- a line each: what it is called, a tab, the address

-- By which activity a report was made, so that it can be taken back by name.
alter table report add column activity text not null default '';
