"""What a request may use: made once at the start by `app.py`, and handed to every handler with the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from jinja2 import Environment
from starlette.requests import Request

from service.judge import Memory
from service.keys import Keys
from service.model import Clock, IdMaker
from service.outbound import Outbound
from service.review import Bench
from service.settings import Settings
from service.store.database import Database
from service.store.sites import SiteCache
from service.submit import Desk
from service.web.cache import PageCache
from service.web.limiter import Limiter


@dataclass(frozen=True)
class Service:
    """The running service."""

    settings: Settings
    database: Database
    memory: Memory
    keys: Keys
    clock: Clock
    new_id: IdMaker
    pages: PageCache
    sites: SiteCache
    public_headers: Mapping[str, str]
    posts: Limiter
    previews: Limiter
    sign_ins: Limiter
    votes: Limiter
    reports: Limiter
    templates: Environment
    outbound: Outbound

    def shown(self) -> int:
        """Return a number that grows when readers may see something new: older pages have to be looked at again."""
        return self.database.shown

    @property
    def desk(self) -> Desk:
        """What writing needs."""
        return Desk(self.database, self.memory, self.keys, self.clock, self.new_id, self.outbound)

    @property
    def bench(self) -> Bench:
        """What deciding needs."""
        return Bench(self.database, self.memory.learned, self.clock, self.new_id, self.outbound)


def of(request: Request) -> Service:
    """Return the service that this request is made to."""
    return cast(Service, request.state.service)
