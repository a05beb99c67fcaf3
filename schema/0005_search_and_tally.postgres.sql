-- Comments are found by their words and counted by status without looking at each: by the million, too. A trigger keeps
-- the count right whoever writes, and storing a comment stays one statement.

alter table comment add column number bigint generated always as identity;
create index comment_by_number on comment (site, number);

alter table comment add column words tsvector
    generated always as (to_tsvector('simple', author || ' ' || body)) stored;
create index comment_by_words on comment using gin (words);

-- Numbers of comments that hold words, asked for in the form of SQLite's search: "one"* "more"*
create function comment_words(wanted text) returns table (rowid bigint) language sql stable as $$
    select number from comment where words @@ to_tsquery('simple',
        regexp_replace(regexp_replace(wanted, '"([^"]+)"\*', '''\1'':*', 'g'), '\* +''', '* & ''', 'g'))
$$;

-- How many comments of a site have a status: the sum over `slot`, which keeps those who write at once from each other.
create table tally (
    site text not null references site (name),
    status text not null,
    slot bigint not null,
    count bigint not null,
    primary key (site, status, slot)
);

insert into tally (site, status, slot, count) select site, status, 0, count(*) from comment group by site, status;

create function count_comments() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into tally (site, status, slot, count)
        select site, status, pg_backend_pid() % 16, count(*) from arrived group by site, status order by site, status
        on conflict (site, status, slot) do update set count = tally.count + excluded.count;
    elsif tg_op = 'UPDATE' then
        insert into tally (site, status, slot, count)
        select site, status, pg_backend_pid() % 16, sum(one) from (
            select site, status, 1 as one from arrived union all select site, status, -1 from gone
        ) as moved group by site, status having sum(one) <> 0 order by site, status
        on conflict (site, status, slot) do update set count = tally.count + excluded.count;
    else
        insert into tally (site, status, slot, count)
        select site, status, pg_backend_pid() % 16, -count(*) from gone group by site, status order by site, status
        on conflict (site, status, slot) do update set count = tally.count + excluded.count;
    end if;
    return null;
end
$$;

create trigger comment_arrives after insert on comment
    referencing new table as arrived for each statement execute function count_comments();
create trigger comment_moves after update on comment
    referencing old table as gone new table as arrived for each statement execute function count_comments();
create trigger comment_goes after delete on comment
    referencing old table as gone for each statement execute function count_comments();
