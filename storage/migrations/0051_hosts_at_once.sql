-- What a function in SQL asks is planned anew at every call, in this language once for each connection: a host is looked up in a
-- fifth of the time.
create or replace function host_names(host text) returns text[] language plpgsql immutable as $$
declare
    whole text := lower(btrim($1));
    name  text := rtrim(substring(whole from '^(.*?)(?::[^]:]*)?$'), '.');
    port  text := coalesce(substring(whole from '(:[^]:]*)$'), '');
    parts text[] := string_to_array(name, '.');
    names text[] := '{}';
begin
    if name <> '' and port <> '' then
        names := array[name || port];
    end if;
    for i in 1 .. coalesce(cardinality(parts), 0) loop
        if parts[i:] <> '{""}' then
            names := names || array_to_string(parts[i:], '.');
        end if;
    end loop;
    return names;
end $$;

create or replace function host_blocked(host text) returns boolean language plpgsql stable as $$
declare
    names text[] := host_names($1);
begin
    return exists (select 1 from domain_block b where b.host = any(names) and (b.until_at is null or b.until_at > now()))
        and not exists (select 1 from node where split_part(url, '/', 3) = lower($1));
end $$;

create or replace function host_refused(host text) returns boolean language plpgsql stable as $$
declare
    names text[] := host_names($1);
begin
    return host_blocked($1) or exists (select 1 from node n where n.allow_only and split_part(n.url, '/', 3) <> lower($1))
        and cardinality(names) > 0
        and not exists (select 1 from domain_allow a where a.host = any(names) and (a.until_at is null or a.until_at > now()));
end $$;

create or replace function lists_hold_for() returns float8 language plpgsql stable as $$ begin
    return (select extract(epoch from min(until_at) - clock_timestamp())::float8 from (
        select until_at from domain_block where until_at > now() union all select until_at from domain_allow where until_at > now()) u);
end $$;
