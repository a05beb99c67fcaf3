"""What every command needs: the settings, and the database open for as long as the command runs."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from service.app import open_database
from service.settings import Settings, load
from service.store.database import Database

T = TypeVar("T")


def settings() -> Settings:
    """Return the settings of this environment. Raises BadSettings."""
    return load(os.environ)


def with_database(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Run `work` with the database open and migrated, and return what it returns."""
    given = settings()

    async def run() -> T:
        database = await open_database(given)
        try:
            return await work(database, given)
        finally:
            await database.close()

    return asyncio.run(run())
