"""Sites and their policies, as kept."""

from collections.abc import Sequence

import msgspec

from service.errors import Conflict, NotFound, Unavailable
from service.model import Site
from service.policy import Policy
from service.store.database import Database, Reader, Row, Transaction

_COLUMNS = "name, origins, policy, created_at, rules_version"


async def add(tx: Transaction, site: Site) -> None:
    """Keep a new site. Raises Conflict when the name is taken."""
    added = await tx.run(
        """insert into site (name, origins, policy, created_at) values (:name, :origins, :policy, :created_at)
           on conflict (name) do nothing""",
        name=site.name,
        origins=msgspec.json.encode(site.origins).decode(),
        policy=msgspec.json.encode(site.policy).decode(),
        created_at=site.created_at,
    )
    if not added:
        raise Conflict(f"there is a site named {site.name!r} already")


async def change(tx: Transaction, site: Site) -> None:
    """Keep a site's new origins and policy."""
    await tx.run(
        "update site set origins = :origins, policy = :policy where name = :name",
        name=site.name,
        origins=msgspec.json.encode(site.origins).decode(),
        policy=msgspec.json.encode(site.policy).decode(),
    )


async def get(reader: Reader, name: str) -> Site:
    """Return one site. Raises NotFound."""
    found = await find(reader, name)
    if found is None:
        raise NotFound(f"there is no site named {name!r}")
    return found


async def find(reader: Reader, name: str) -> Site | None:
    """Return one site, or None."""
    row = await reader.one(f"select {_COLUMNS} from site where name = :name", name=name)
    return _site(row) if row else None


async def every(reader: Reader) -> Sequence[Site]:
    """Return all sites by name."""
    return [_site(row) for row in await reader.all(f"select {_COLUMNS} from site order by name")]


class SiteCache:
    """The sites that were asked for, in memory, for as long as nothing has changed in the database."""

    def __init__(self) -> None:
        self._sites: dict[str, tuple[int, Site]] = {}

    async def get(self, database: Database, name: str) -> Site:
        """Return one site. Raises NotFound."""
        generation = database.generation
        looked_at, site = self._sites.get(name, (-1, None))
        if site is None or looked_at != generation:
            try:
                site = await get(database.quick, name)
            except NotFound:
                self._sites.pop(name, None)
                raise
            except Unavailable:
                # Nothing can be changed while the database is down; readers may go on with what is ready.
                if site is None:
                    raise
                return site
            self._sites[name] = (generation, site)
        return site


def _site(row: Row) -> Site:
    return Site(
        name=row["name"],
        origins=msgspec.json.decode(row["origins"], type=tuple[str, ...]),
        policy=msgspec.json.decode(row["policy"], type=Policy),
        created_at=row["created_at"],
        rules_version=row["rules_version"],
    )
