"""Owners and moderators, their sites, sign-in links and sessions, as kept. Secrets are kept only as hashes."""

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from service.errors import NotFound
from service.model import Person, Role
from service.store.database import Reader, Row, Transaction


class Session(Struct, frozen=True):
    """A signed-in browser."""

    person_id: str
    csrf_token: str


async def by_email(reader: Reader, email: str) -> Person:
    """Return the person with this address. Raises NotFound."""
    row = await reader.one("select id, email from person where email = :email", email=email.lower())
    if row is None:
        raise NotFound(f"there is no moderator with the address {email}")
    return await _person(reader, row)


async def get(reader: Reader, person_id: str) -> Person:
    """Return a person with their roles. Raises NotFound."""
    row = await reader.one("select id, email from person where id = :id", id=person_id)
    if row is None:
        raise NotFound("there is no such person")
    return await _person(reader, row)


async def every(reader: Reader) -> Sequence[Person]:
    """Return everyone, by address."""
    rows = await reader.all("select id, email from person order by email")
    return [await _person(reader, row) for row in rows]


async def _person(reader: Reader, row: Row) -> Person:
    memberships = await reader.all(
        "select site, role from membership where person_id = :person_id order by site", person_id=row["id"]
    )
    return Person(row["id"], row["email"], {m["site"]: cast(Role, m["role"]) for m in memberships})


async def add(tx: Transaction, person_id: str, email: str, now: int) -> None:
    """Keep a person, unless there is one with this address."""
    await tx.run(
        """insert into person (id, email, created_at) values (:id, :email, :now) on conflict (email) do nothing""",
        id=person_id,
        email=email.lower(),
        now=now,
    )


async def set_role(tx: Transaction, site: str, person_id: str, role: Role, now: int) -> None:
    """Make a person an owner or a moderator of a site."""
    await tx.run(
        """insert into membership (site, person_id, role, created_at) values (:site, :person_id, :role, :now)
           on conflict (site, person_id) do update set role = excluded.role""",
        site=site,
        person_id=person_id,
        role=role,
        now=now,
    )


async def remove_role(tx: Transaction, site: str, person_id: str) -> bool:
    """Take a person's role at a site away; False when they had none."""
    removed = await tx.run(
        "delete from membership where site = :site and person_id = :person_id", site=site, person_id=person_id
    )
    return removed == 1


async def password_hash(reader: Reader, email: str) -> tuple[str, str | None] | None:
    """Return the person's id and their password's hash (None if they set none), or None for an unknown address."""
    row = await reader.one("select id, password_hash from person where email = :email", email=email.lower())
    return (row["id"], row["password_hash"]) if row else None


async def set_password_hash(tx: Transaction, person_id: str, hashed: str) -> None:
    """Keep a new password's hash."""
    await tx.run("update person set password_hash = :hashed where id = :id", id=person_id, hashed=hashed)


async def add_login_link(tx: Transaction, secret_hash: str, person_id: str, expires_at: int) -> None:
    """Keep a sign-in link."""
    await tx.run(
        "insert into login_link (secret_hash, person_id, expires_at) values (:secret_hash, :person_id, :expires_at)",
        secret_hash=secret_hash,
        person_id=person_id,
        expires_at=expires_at,
    )


async def use_login_link(tx: Transaction, secret_hash: str, now: int) -> str | None:
    """Use a sign-in link up; return whose it is, or None when it is unknown, expired or used."""
    row = await tx.one(
        """update login_link set used_at = :now
           where secret_hash = :secret_hash and used_at is null and expires_at > :now returning person_id""",
        secret_hash=secret_hash,
        now=now,
    )
    return row["person_id"] if row else None


async def add_session(tx: Transaction, secret_hash: str, session: Session, now: int, expires_at: int) -> None:
    """Keep a new session, and drop those that have expired."""
    await tx.run("delete from session where expires_at <= :now", now=now)
    await tx.run(
        """insert into session (secret_hash, person_id, csrf_token, created_at, expires_at)
           values (:secret_hash, :person_id, :csrf_token, :now, :expires_at)""",
        secret_hash=secret_hash,
        person_id=session.person_id,
        csrf_token=session.csrf_token,
        now=now,
        expires_at=expires_at,
    )


async def session(reader: Reader, secret_hash: str, now: int) -> Session | None:
    """Return a session that has not expired."""
    row = await reader.one(
        "select person_id, csrf_token from session where secret_hash = :secret_hash and expires_at > :now",
        secret_hash=secret_hash,
        now=now,
    )
    return Session(row["person_id"], row["csrf_token"]) if row else None


async def end_session(tx: Transaction, secret_hash: str) -> None:
    """Sign one browser out."""
    await tx.run("delete from session where secret_hash = :secret_hash", secret_hash=secret_hash)


async def end_sessions(tx: Transaction, person_id: str, but: str | None = None) -> None:
    """Sign a person out everywhere, but for one browser."""
    await tx.run(
        "delete from session where person_id = :person_id and secret_hash <> :but", person_id=person_id, but=but or ""
    )
