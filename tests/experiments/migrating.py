"""Migrates a database as the start of the service does, and is killed right before the statement of a number.

A program of its own: `python migrating.py DATABASE NUMBER`. It prints how many statements there were if none was it.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from service import clock
from service.store.migrate import migrate
from service.store.sqlite import SqliteDatabase


async def main(path: Path, fatal: int) -> None:
    database = await SqliteDatabase.open(path)
    count = 0

    def begins(statement: str) -> None:
        nonlocal count
        # It is asked again and again whether others have written; that is no part of this.
        if statement != "pragma data_version":
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    await database._writer.connection.set_trace_callback(begins)
    await migrate(database, clock.now)
    print(count)
    await database.close()


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
