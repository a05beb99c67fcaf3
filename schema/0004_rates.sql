-- How often something was done from one place, for all processes and instances together.

-- `place` is a keyed hash of a network, never the address itself. `free_at` is when all that was done would be
-- allowed again at an even pace (GCRA): one number says as much as a list of times.
create table rate (
    doing text not null,
    place text not null,
    free_at integer not null,
    primary key (doing, place)
) strict;

create index rate_by_time on rate (free_at);
