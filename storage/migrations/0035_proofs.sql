-- Keys with which actors sign documents, not only requests (FEP-521a).
alter table actor_key add column proves boolean not null default false;

-- What the keys are made of with which the actors of this node sign theirs; made
-- when that is first asked for.
alter table node add column proof_seed bytea;
