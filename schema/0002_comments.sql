-- Threads and their comments; what happened to each comment; and what was learned from it.

-- A thread's row appears with its first approved comment, which also gives it its title and address:
-- what a stranger claims about a page is shown to nobody before a moderator has seen it.
create table thread (
    site text not null references site (name),
    key text not null,
    title text,
    url text,
    count integer not null default 0, -- approved comments
    version integer not null default 0, -- grows when readers would see a change
    primary key (site, key)
) strict;

-- One statement on this one table stores a new comment: the idempotency key is a column of it, and so is
-- everything that a later notice needs.
create table comment (
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
    primary key (site, id)
) strict;

create unique index comment_by_idempotency_key on comment (site, idempotency_key) where idempotency_key is not null;
create index comment_by_thread on comment (site, thread, status, created_at, id);
create index comment_by_thread_votes on comment (site, thread, status, votes, created_at, id);
create index comment_by_status on comment (site, status, created_at, id);
create index comment_by_body_hash on comment (site, body_hash);

create table history (
    site text not null references site (name),
    id text not null,
    comment_id text not null,
    batch text not null,
    action text not null check (action in ('approve', 'reject', 'spam', 'delete', 'restore', 'edit', 'undo')),
    decided_by text not null,
    decided_at integer not null,
    status_before text not null,
    status_after text not null,
    version integer not null, -- of the comment, once this had happened
    reason text,
    body_before text, -- of an edit
    lesson_before blob, -- what the filter had been taught with the comment until then, so that an undo is exact
    primary key (site, id)
) strict;

create index history_by_comment on history (site, comment_id, decided_at, id);
create index history_by_batch on history (site, batch, comment_id);

-- The comments that a site's filter has been taught with, and by how much each moved it: taking it back is a subtraction.
create table lesson (
    site text not null references site (name),
    comment_id text not null,
    content blob not null, -- MessagePack, see Lesson in service/store/learned.py
    primary key (site, comment_id)
) strict;

-- The sum of all lessons. `version` grows with each change, so that a process can fetch only what is new.
create table learned (
    site text not null references site (name),
    feature integer not null,
    weight integer not null, -- millionths
    gradient integer not null, -- millionths, sum of squares
    version integer not null,
    primary key (site, feature)
) strict;

create index learned_by_version on learned (site, version);
