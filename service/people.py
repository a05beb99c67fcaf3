"""Signing in: one-time links, passwords and sessions. Nothing here has a default, and nothing is kept in the clear."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from service.clock import DAY, MINUTE
from service.errors import FieldError, Invalid, Unauthorized
from service.keys import hash_secret, new_secret
from service.model import Clock
from service.store import people
from service.store.database import Database

LOGIN_LINK_LASTS = 60 * MINUTE
SESSION_LASTS = 14 * DAY
PASSWORD_MIN = 10
PASSWORD_MAX = 200

# OWASP's second choice for argon2id: 19 MiB and 20 to 70 ms; the library's default takes 64 MiB and up to 330 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# At most two at a time: hashing is made to be slow, and strangers can ask for it.
_hashing = asyncio.Semaphore(2)


class NewSession(Struct, frozen=True):
    """A fresh session: the secret for the cookie, given out once."""

    secret: str
    person_id: str


@cache
def _nobody() -> str:
    """Return a hash to check against for an unknown address, so that the answer takes as long as for a known one."""
    return _hasher.hash(new_secret())


async def make_login_link(database: Database, person_id: str, now: Clock) -> str:
    """Return the secret of a sign-in link that works once, within an hour."""
    secret = new_secret()
    async with database.transaction() as tx:
        await people.add_login_link(tx, hash_secret(secret), person_id, now() + LOGIN_LINK_LASTS)
    return secret


async def sign_in_by_link(database: Database, secret: str, now: Clock) -> NewSession:
    """Use a sign-in link up and open a session. Raises Unauthorized."""
    async with database.transaction() as tx:
        person_id = await people.use_login_link(tx, hash_secret(secret), now())
    if person_id is None:
        raise Unauthorized("this sign-in link has been used or has expired; ask for a new one")
    return await _open_session(database, person_id, now)


async def sign_in_by_password(database: Database, email: str, password: str, now: Clock) -> NewSession:
    """Open a session for the right address and password. Raises Unauthorized, telling not which was wrong."""
    found = await people.password_hash(database, email.strip())
    known = found[1] if found else None
    if not await _matches(known or _nobody(), password) or found is None or known is None:
        raise Unauthorized("the e-mail address or the password is not right")
    return await _open_session(database, found[0], now)


async def change_password(database: Database, person_id: str, password: str, session_kept: str) -> None:
    """Keep a new password and end every other session of this person.

    `session_kept` is the hash of the session that goes on. Raises Invalid when the password is too short or too long.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid(FieldError("password", f"needs {PASSWORD_MIN} to {PASSWORD_MAX} characters"))
    async with _hashing:
        hashed = await asyncio.to_thread(_hasher.hash, password)
    async with database.transaction() as tx:
        await people.set_password_hash(tx, person_id, hashed)
        await people.end_sessions(tx, person_id, but=session_kept)


async def _matches(hashed: str, password: str) -> bool:
    async with _hashing:
        try:
            return await asyncio.to_thread(_hasher.verify, hashed, password[: PASSWORD_MAX + 1])
        except (VerificationError, InvalidHashError):
            return False


async def _open_session(database: Database, person_id: str, now: Clock) -> NewSession:
    secret = new_secret()
    session = people.Session(person_id, new_secret())
    async with database.transaction() as tx:
        await people.add_session(tx, hash_secret(secret), session, now(), now() + SESSION_LASTS)
    return NewSession(secret, person_id)
