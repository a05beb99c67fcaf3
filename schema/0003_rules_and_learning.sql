-- What moderators wrote down: words, domains, addresses that are allowed, held or blocked; and lists from elsewhere.
-- And who taught a site's filter what, so that nobody teaches it alone.

alter table site add column rules_version integer not null default 0; -- grows with each change of its rules

create table rule (
    site text not null references site (name),
    id text not null,
    effect text not null check (effect in ('allow', 'hold', 'block')),
    kind text not null check (kind in ('word', 'domain', 'email', 'ip', 'user_agent')),
    value text not null,
    reason text,
    made_by text not null,
    created_at integer not null,
    primary key (site, id)
) strict;

create unique index rule_by_value on rule (site, kind, value);

create table rule_list (
    site text not null references site (name),
    id text not null,
    name text not null,
    effect text not null check (effect in ('allow', 'hold', 'block')),
    terms text not null, -- one a line
    made_by text not null,
    created_at integer not null,
    primary key (site, id)
) strict;

create unique index rule_list_by_name on rule_list (site, name);

-- What became of an author's earlier comments.
create index comment_by_email on comment (site, email, status) where email is not null;

-- What one author's comments have taught.
create index comment_by_author on comment (site, author, id);

alter table lesson add column label text check (label in ('spam', 'ham'));
alter table lesson add column taught_by text;
alter table lesson add column taught_at integer;

create index lesson_by_teacher on lesson (site, taught_by, taught_at);
create index lesson_by_label on lesson (site, label);

-- The latest decisions, to compare them with what the filter said.
create index history_by_time on history (site, action, decided_at, id);
