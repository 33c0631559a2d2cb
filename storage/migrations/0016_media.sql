-- Pictures of other servers that cannot be shown: why, and when they are asked for
-- again. What can be shown lies in files and has no row.
create table picture_failure (
    url      text primary key,
    reason   text not null,
    refused  boolean not null default false, -- by the admin, or by what the admin set up to look at pictures
    tries    integer not null default 1,
    retry_at timestamptz not null            -- infinity: never
);
