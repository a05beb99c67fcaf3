-- Websites that embed comments, and the people and tokens that may decide for them.

create table site (
    name text primary key,
    origins text not null, -- JSON list of exact origins
    policy text not null, -- JSON object, see Policy in service/model.py
    created_at integer not null
) strict;

create table person (
    id text primary key,
    email text not null unique, -- lower case
    password_hash text, -- argon2id; null until the person sets one
    created_at integer not null
) strict;

create table membership (
    site text not null references site (name),
    person_id text not null references person (id),
    role text not null check (role in ('owner', 'moderator')),
    created_at integer not null,
    primary key (site, person_id)
) strict;

create index membership_by_person on membership (person_id, site);

create table login_link (
    secret_hash text primary key,
    person_id text not null references person (id),
    expires_at integer not null,
    used_at integer
) strict;

create table session (
    secret_hash text primary key,
    person_id text not null references person (id),
    csrf_token text not null,
    created_at integer not null,
    expires_at integer not null
) strict;

create index session_by_person on session (person_id);

create table token (
    site text not null references site (name),
    id text not null,
    name text not null,
    role text not null check (role in ('moderator', 'reader')),
    secret_hash text not null unique,
    created_at integer not null,
    last_used_at integer,
    revoked_at integer,
    primary key (site, id)
) strict;
