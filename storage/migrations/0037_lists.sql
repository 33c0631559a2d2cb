-- With whom this node speaks: blocks that say until when and who made them, and a
-- list of those that may, for nodes that speak with nobody else.
alter table domain_block
    add column until_at timestamptz,                    -- null means for good
    add column by_id    integer references person,      -- null means a command of the admin
    add column quiet    boolean not null default false; -- not shown to the public

create table domain_allow (
    host       text primary key,
    reason     text not null default '',
    allowed_at timestamptz not null,
    until_at   timestamptz,
    by_id      integer references person
);

alter table node add column allow_only boolean not null default false;

create index domain_block_until on domain_block (until_at) where until_at is not null;
create index domain_allow_until on domain_allow (until_at) where until_at is not null;

create trigger domain_allow_told after insert or update or delete on domain_allow
    for each statement execute function forget_senders();
create trigger allow_only_told after update of allow_only on node
    for each row when (old.allow_only is distinct from new.allow_only) execute function forget_senders();

-- All names by which a host can be on a list: with its port and without, and the
-- domains above it. A dot at the end names the same server. Empty for no host.
create function host_names(host text) returns text[] language sql immutable as $$
    select array(select m.name || m.port where m.name <> '' and m.port <> '')
        || array(select array_to_string(p.parts[i:], '.') from generate_subscripts(p.parts, 1) i where p.parts[i:] <> '{""}')
    from (select rtrim(substring(lower(btrim(host)) from '^(.*?)(?::[^]:]*)?$'), '.') as name,
            coalesce(substring(lower(btrim(host)) from '(:[^]:]*)$'), '') as port) m,
        lateral (select string_to_array(m.name, '.') as parts) p
$$;

-- Whether a host, or a domain above it, is blocked now. The node itself never is.
create function host_blocked(host text) returns boolean language sql stable as $$
    select exists (select 1 from domain_block b where b.host = any(host_names($1)) and (b.until_at is null or b.until_at > now()))
        and not exists (select 1 from node where split_part(url, '/', 3) = lower($1))
$$;

-- Whether this node does not speak with a server: it is blocked, or only those are
-- spoken with that are on the list, and it is not.
create function host_refused(host text) returns boolean language sql stable as $$
    select host_blocked($1) or exists (select 1 from node n where n.allow_only and split_part(n.url, '/', 3) <> lower($1))
        and cardinality(host_names($1)) > 0
        and not exists (select 1 from domain_allow a where a.host = any(host_names($1)) and (a.until_at is null or a.until_at > now()))
$$;

-- Seconds until a line of the two lists ends, and with it what was found by them;
-- null when none will.
create function lists_hold_for() returns float8 language sql stable as $$
    select extract(epoch from min(until_at) - clock_timestamp())::float8 from (
        select until_at from domain_block where until_at > now() union all select until_at from domain_allow where until_at > now()) u
$$;
