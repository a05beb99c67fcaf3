-- What readers say of a comment: votes and reports, one of each from each network. And threads that were merged.

alter table comment add column reports integer not null default 0; -- from how many networks

-- `place` is a keyed hash of a network, never the address itself.
create table vote (
    site text not null references site (name),
    comment_id text not null,
    place text not null,
    value integer not null check (value in (1, -1)),
    primary key (site, comment_id, place)
) strict;

create table report (
    site text not null references site (name),
    comment_id text not null,
    place text not null,
    reason text,
    created_at integer not null,
    primary key (site, comment_id, place)
) strict;

-- Who asks for the thread `key` gets `into_key`, which is itself the alias of none.
create table thread_alias (
    site text not null references site (name),
    key text not null,
    into_key text not null,
    primary key (site, key)
) strict;

create index thread_alias_by_into on thread_alias (site, into_key);
