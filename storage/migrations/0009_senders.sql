-- Processes remember the keys of those who send and which servers are blocked.
-- They are told when that may have become wrong, whoever writes: a key that was
-- only added is remembered by nobody yet.
create function forget_senders() returns trigger language plpgsql as
$$ begin perform pg_notify('stoa_senders', ''); return null; end $$;

create trigger domain_block_told after insert or update or delete on domain_block
    for each statement execute function forget_senders();
create trigger actor_key_told after update of owner, public_pem on actor_key
    for each row when (old.owner is distinct from new.owner or old.public_pem is distinct from new.public_pem)
    execute function forget_senders();
create trigger actor_key_dropped after delete on actor_key
    for each row execute function forget_senders();
