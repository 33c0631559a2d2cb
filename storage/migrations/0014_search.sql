-- Names are found by their trigrams. The extension comes with Postgres and any
-- owner of a database may make it; where its files are not installed, nothing else
-- would say so.
do $$ begin
    create extension if not exists pg_trgm;
exception when others then
    raise exception 'Stoa needs the Postgres extension pg_trgm (in the package postgresql-contrib on most systems): %', sqlerrm;
end $$;

-- A text as it is compared: without case, without the marks on letters. Only what
-- is not plain ASCII takes the long way.
create function search_fold(t text) returns text language plpgsql immutable strict parallel safe as $$
declare
    folded text := lower(t);
begin
    if octet_length(t) = length(t) then
        return folded;
    end if;
    -- Marks of Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowels. What
    -- else was taken apart is put together again: Korean syllables, for one.
    folded := lower(regexp_replace(normalize(t, NFKD), '[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0640]+', '', 'g'));
    return normalize(replace(replace(replace(translate(folded, 'øłđıς', 'oldiσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), NFC);
end $$;

-- The words of a text, folded, with blanks between. Scripts that put no blanks
-- between words are cut into overlapping pairs of characters, so that any part of a
-- sentence is found: 東京都 is "東京 京都 都". Of a text the first 50,000 characters
-- count, which bounds the work and keeps the words of it below what Postgres takes.
create function search_words(t text) returns text language plpgsql immutable strict parallel safe as $$
declare
    words text := regexp_replace(search_fold(left(t, 50000)),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u2190-\u2bff\u3000-\u3003\u3008-\u3020\u30fb\ufe30-\ufe4f\ufffd\u060c\u061b\u061f\u06d4\u0964\u0965]+', ' ', 'g');
begin
    if octet_length(words) = length(words)
        or words !~ '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]' then
        return words;
    end if;
    return (select string_agg(case when not run then c when next_runs then ' ' || c || next || ' ' else ' ' || c || ' ' end, '' order by i)
        from (select i, c, run, lead(c) over w next, lead(run) over w next_runs from (
            select i, c, c ~ '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]' run
            from unnest(string_to_array(words, null)) with ordinality x(c, i)) x window w as (order by i)) x);
end $$;

-- The words of posts and comments, apart from them: a row that is long and changes
-- only when they are edited, while votes write theirs all the time. Beside the words
-- stand marks, which no word can be: #d the day and #q the quarter of a year, so
-- that the newest matches are looked for before older ones; @ the author, ! the
-- community, = a link. One index answers for all of them together.
create table post_words (
    id    integer primary key,  -- of the post; rows are made by triggers alone
    at    timestamptz not null,
    words tsvector not null
);
create table comment_words (
    id    integer primary key,  -- of the comment
    at    timestamptz not null,
    words tsvector not null
);

create function search_marks(at timestamptz, author integer, community integer, link boolean) returns tsvector language sql immutable parallel safe as $$
    select array_to_tsvector(array_remove(array[
        '#d' || floor(extract(epoch from at) / 86400)::int,
        '#q' || greatest(extract(year from at at time zone 'UTC')::int * 4 + extract(quarter from at at time zone 'UTC')::int - 1, 8060),
        '@' || author, '!' || community, case when link then '=' end], null))
$$;

create function search_text(html text) returns tsvector language sql immutable parallel safe as $$
    select to_tsvector('simple', search_words(regexp_replace(left(html, 200000), '<[^>]*>|&[#a-zA-Z0-9]+;', ' ', 'g')))
$$;

create function post_words(p post) returns tsvector language sql stable as $$
    select setweight(to_tsvector('simple', search_words(p.title)), 'A') || search_text(p.html) || to_tsvector('simple', search_words(left(p.link, 300)))
        || search_marks(p.submitted_at, p.author_id, p.community_id, p.link <> '')
$$;

create function comment_words(m comment) returns tsvector language sql stable as $$
    select search_text(m.html) || search_marks(least(m.published_at, m.received_at), m.author_id, p.community_id, m.html like '%<a %')
        from post p where p.id = m.post_id
$$;

create function post_words_kept() returns trigger language plpgsql as $$ begin
    insert into post_words (id, at, words) values (new.id, new.submitted_at, post_words(new))
        on conflict (id) do update set words = excluded.words;
    return null;
end $$;

create function comment_words_kept() returns trigger language plpgsql as $$ begin
    insert into comment_words (id, at, words) values (new.id, least(new.published_at, new.received_at), comment_words(new))
        on conflict (id) do update set words = excluded.words;
    return null;
end $$;

insert into post_words (id, at, words) select p.id, p.submitted_at, post_words(p) from post p;
insert into comment_words (id, at, words) select m.id, least(m.published_at, m.received_at), comment_words(m) from comment m;

create trigger post_words_kept after insert or update of title, html, link on post
    for each row execute function post_words_kept();
create trigger comment_words_kept after insert or update of html on comment
    for each row execute function comment_words_kept();

-- What was added last is read from end to end by each search, so that list is short.
create index post_words_found on post_words using gin (words) with (gin_pending_list_limit = 128);
create index comment_words_found on comment_words using gin (words) with (gin_pending_list_limit = 128);

create index person_found on person using gin (search_fold(name || ' ' || title) gin_trgm_ops);
create index community_found on community using gin (search_fold(name || ' ' || title) gin_trgm_ops);
