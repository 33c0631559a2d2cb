-- Of two acts on the same thing the later wins, so each act looks for the newest before it.
create index moderation_target on moderation (target, id);
