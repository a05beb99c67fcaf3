-- Comments are found by their words and counted by status without looking at each: by the million, too. Triggers keep
-- both right whoever writes, and storing a comment stays one statement.

-- Made anew for `number`: what the words point to. The row's own number would change when the file is vacuumed.
create table numbered_comment (
    number integer primary key,
    site text not null references site (name),
    id text not null,
    thread text not null,
    title text, -- of the page, as its widget says
    url text,
    parent_id text,
    depth integer not null,
    status text not null check (status in ('pending', 'approved', 'rejected', 'spam', 'deleted')),
    author text not null,
    email text,
    website text,
    avatar text not null,
    body text not null,
    html text not null,
    body_hash text not null, -- of the folded text, to find the same text again
    hosts text not null, -- every host that it links to and the domains above it, each between two spaces
    verdict text not null, -- JSON, see Verdict in service/model.py
    notify integer not null default 0,
    user_agent text,
    idempotency_key text,
    request_hash text, -- of the request that made it, to tell a repeat from a reused key
    created_at integer not null,
    edited_at integer,
    votes integer not null default 0,
    pinned integer not null default 0,
    badge text,
    withdrawn integer not null default 0, -- the author deleted it; its text is gone
    version integer not null default 1, -- grows with each change, so that nobody decides on what they have not seen
    unique (site, id)
) strict;

insert into numbered_comment (site, id, thread, title, url, parent_id, depth, status, author, email, website, avatar, body,
    html, body_hash, hosts, verdict, notify, user_agent, idempotency_key, request_hash, created_at, edited_at, votes,
    pinned, badge, withdrawn, version)
select site, id, thread, title, url, parent_id, depth, status, author, email, website, avatar, body,
    html, body_hash, hosts, verdict, notify, user_agent, idempotency_key, request_hash, created_at, edited_at, votes,
    pinned, badge, withdrawn, version
from comment order by created_at, id;

drop table comment;
alter table numbered_comment rename to comment;

create unique index comment_by_idempotency_key on comment (site, idempotency_key) where idempotency_key is not null;
create index comment_by_thread on comment (site, thread, status, created_at, id);
-- All that readers see of a thread, side by side: its comments lie scattered over the file, as they came.
create index comment_shown on comment (site, thread, status, created_at, id, parent_id, author, website, avatar, html, edited_at,
    votes, pinned, badge) where status = 'approved';
create index comment_by_thread_votes on comment (site, thread, status, votes, created_at, id);
create index comment_by_status on comment (site, status, created_at, id);
create index comment_by_body_hash on comment (site, body_hash);
create index comment_by_email on comment (site, email, status) where email is not null;
create index comment_by_author on comment (site, author, id);

-- How many comments of a site have a status: the sum over `slot`, which keeps those who write at once from each other.
create table tally (
    site text not null references site (name),
    status text not null,
    slot integer not null,
    count integer not null,
    primary key (site, status, slot)
) strict;

insert into tally (site, status, slot, count) select site, status, 0, count(*) from comment group by site, status;

-- The words of each comment, without its text, which stands in `comment`.
create virtual table comment_words using fts5 (author, body, content = 'comment', content_rowid = 'number');

insert into comment_words (comment_words) values ('rebuild');

create trigger comment_arrives after insert on comment begin
    insert into tally (site, status, slot, count) values (new.site, new.status, 0, 1)
    on conflict (site, status, slot) do update set count = count + 1;
    insert into comment_words (rowid, author, body) values (new.number, new.author, new.body);
end;

create trigger comment_moves after update of status on comment when old.status <> new.status begin
    update tally set count = count - 1 where site = old.site and status = old.status and slot = 0;
    insert into tally (site, status, slot, count) values (new.site, new.status, 0, 1)
    on conflict (site, status, slot) do update set count = count + 1;
end;

create trigger comment_reads_otherwise after update of author, body on comment begin
    insert into comment_words (comment_words, rowid, author, body) values ('delete', old.number, old.author, old.body);
    insert into comment_words (rowid, author, body) values (new.number, new.author, new.body);
end;

create trigger comment_goes after delete on comment begin
    update tally set count = count - 1 where site = old.site and status = old.status and slot = 0;
    insert into comment_words (comment_words, rowid, author, body) values ('delete', old.number, old.author, old.body);
end;
