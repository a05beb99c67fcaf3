"""API tokens of a site, as kept: only their hashes."""

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from service.model import Role
from service.store.database import Reader, Row, Transaction


class Token(Struct, frozen=True):
    """One token; `reader` may look, `moderator` may decide too."""

    site: str
    id: str
    name: str
    role: Role
    created_at: int
    last_used_at: int | None = None
    revoked_at: int | None = None


async def add(tx: Transaction, token: Token, secret_hash: str) -> None:
    """Keep a new token."""
    await tx.run(
        """insert into token (site, id, name, role, secret_hash, created_at)
           values (:site, :id, :name, :role, :secret_hash, :created_at)""",
        site=token.site,
        id=token.id,
        name=token.name,
        role=token.role,
        secret_hash=secret_hash,
        created_at=token.created_at,
    )


async def every(reader: Reader, site: str | None = None) -> Sequence[Token]:
    """Return the tokens of one site, or of all, oldest first."""
    where = "" if site is None else "where site = :site"
    parameters = {} if site is None else {"site": site}
    rows = await reader.all(f"select * from token {where} order by site, created_at, id", **parameters)
    return [_token(row) for row in rows]


async def by_secret(reader: Reader, secret_hash: str) -> Token | None:
    """Return a token that is still good."""
    row = await reader.one(
        "select * from token where secret_hash = :secret_hash and revoked_at is null", secret_hash=secret_hash
    )
    return _token(row) if row else None


async def used(tx: Transaction, token: Token, now: int) -> None:
    """Note that a token was used."""
    await tx.run(
        "update token set last_used_at = :now where site = :site and id = :id", site=token.site, id=token.id, now=now
    )


async def revoke(tx: Transaction, token_id: str, now: int) -> bool:
    """End a token at once; False when there is none with this id, or it has ended already."""
    ended = await tx.run(
        "update token set revoked_at = :now where id = :id and revoked_at is null", id=token_id, now=now
    )
    return ended == 1


def _token(row: Row) -> Token:
    return Token(
        site=row["site"],
        id=row["id"],
        name=row["name"],
        role=cast(Role, row["role"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
