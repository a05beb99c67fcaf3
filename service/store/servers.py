"""Finds the PostgreSQL server to talk to, of several hosts the one that can be written to; knows how a server fails.

Each host gets its share of the time: one that takes the connection and says nothing must not keep us from the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import asyncpg
from asyncpg import exceptions

from service.errors import ReadOnly, Unavailable

# In seconds: for a connection, whichever host it leads to; a little less than anybody waits for one.
CONNECT_MAX = 4
# In the address: `?pgbouncer=true` says that a pooler stands before the server. It is noticed anyway.
POOLED = "pgbouncer"
# In the address: which server will do; `any` is content with a standby, which can only be read.
WANTED = "target_session_attrs"

# The connection is gone; over another one the same may work.
LOST = (
    OSError,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,
    exceptions.InterfaceError,
    exceptions.InternalClientError,  # a connection that breaks while it is handed back
    exceptions.IdleInTransactionSessionTimeoutError,
    exceptions.TransactionTimeoutError,
)
# The server or the network was too slow; asking at once for the same again would make it slower.
TOO_LATE = (TimeoutError, exceptions.QueryCanceledError)
# What the world may do to a database; anything else is a mistake of ours and must not be hidden.
_OUTSIDE_FAULTS = (
    *LOST,
    exceptions.InsufficientResourcesError,
    exceptions.DeadlockDetectedError,
    exceptions.LockNotAvailableError,
)


@contextmanager
def faults() -> Iterator[None]:
    """Raise Unavailable for what the world does."""
    try:
        yield
    except exceptions.ReadOnlySQLTransactionError as error:
        raise ReadOnly("the database can be read and not written") from error
    except _OUTSIDE_FAULTS as error:
        raise Unavailable(f"the database cannot be used just now ({str(error) or type(error).__name__})") from error


class OnlyStandby(ConnectionError):
    """Servers answer, and none of them can be written to."""

    def __init__(self) -> None:
        super().__init__("only a standby answers, which cannot be written to")


class Servers:
    """The hosts of an address, in the order in which they are tried: first the one that served last."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.pooled = query.pop(POOLED, "") == "true"
        query.setdefault(WANTED, "primary")
        self._made: WeakKeyDictionary[asyncpg.Connection, str] = WeakKeyDictionary()
        user, at, hosts = parts.netloc.rpartition("@")
        self.addresses = [
            urlunsplit(parts._replace(netloc=f"{user}{at}{host}", query=urlencode(query))) for host in hosts.split(",")
        ]

    async def connect(self, _address: object = None, **options: Any) -> asyncpg.Connection:
        """Connect to the first host that will do. Raises OSError with what the last one said, or OnlyStandby."""
        options["timeout"] = CONNECT_MAX / len(self.addresses)
        failed: list[OSError] = []
        for address in tuple(self.addresses):
            try:
                connection = await asyncpg.connect(address, **options)
            except exceptions.TargetServerAttributeNotMatched:
                failed.append(OnlyStandby())
            except OSError as error:
                failed.insert(0, error)
            except (exceptions.PostgresError, exceptions.InterfaceError) as error:
                failed.insert(0, ConnectionError(str(error)))
            else:
                self.addresses.sort(key=lambda one: one != address)
                self._made[connection] = address
                return connection
        raise failed[-1]

    def leave_others(self) -> None:
        """Drop what leads to other hosts than the one that served last: one that hangs would never answer."""
        for connection, address in tuple(self._made.items()):
            if address != self.addresses[0]:
                connection.terminate()

    async def pool(self, most: int, patience: float) -> "asyncpg.Pool[asyncpg.Record]":
        """Return a pool of connections, none of which is open yet; `patience` is for an answer, in seconds."""
        return await asyncpg.create_pool(
            min_size=0,  # with a floor it logs 60 lines of traceback a second while the server is away
            max_size=most,
            connect=self.connect,
            command_timeout=patience,
            server_settings={"application_name": "gatepost"},
            **({"statement_cache_size": 0} if self.pooled else {}),
        )

    async def look(self) -> None:
        """Try whether there is a server that will do, and notice a pooler. Raises like `connect`."""
        connection = await self.connect(statement_cache_size=0)
        try:
            # A pooler hands out numbers of its own for the connections that it gives to whoever comes.
            self.pooled |= connection.get_server_pid() != await connection.fetchval("select pg_backend_pid()")
        finally:
            connection.terminate()
