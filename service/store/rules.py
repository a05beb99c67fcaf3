"""What moderators wrote down, as kept: rules one by one, and lists from elsewhere as a whole."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from service.errors import NotFound
from service.model import Site
from service.policy import Effect, Rule, RuleKind, RuleList
from service.store.database import Reader, Transaction
from service.text.rulebook import RuleBook

# A list of 60,000 terms takes about 20 MB once it is compiled.
SITES_KEPT = 32


async def put(tx: Transaction, site: str, rule: Rule) -> None:
    """Keep a rule; one about the same thing is replaced."""
    await tx.run(
        """insert into rule (site, id, effect, kind, value, reason, made_by, created_at)
           values (:site, :id, :effect, :kind, :value, :reason, :by, :created_at)
           on conflict (site, kind, value) do update set id = excluded.id, effect = excluded.effect,
               reason = excluded.reason, made_by = excluded.made_by, created_at = excluded.created_at""",
        site=site,
        id=rule.id,
        effect=rule.effect.value,
        kind=rule.kind.value,
        value=rule.value,
        reason=rule.reason,
        by=rule.by,
        created_at=rule.created_at,
    )
    await _changed(tx, site)


async def put_list(tx: Transaction, site: str, given: RuleList) -> None:
    """Keep a list; one with the same name is replaced."""
    await tx.run(
        """insert into rule_list (site, id, name, effect, terms, made_by, created_at)
           values (:site, :id, :name, :effect, :terms, :by, :created_at)
           on conflict (site, name) do update set id = excluded.id, effect = excluded.effect, terms = excluded.terms,
               made_by = excluded.made_by, created_at = excluded.created_at""",
        site=site,
        id=given.id,
        name=given.name,
        effect=given.effect.value,
        terms="\n".join(given.terms),
        by=given.by,
        created_at=given.created_at,
    )
    await _changed(tx, site)


async def remove(tx: Transaction, site: str, rule_id: str) -> None:
    """Forget a rule or a list. Raises NotFound."""
    removed = await tx.run("delete from rule where site = :site and id = :id", site=site, id=rule_id)
    removed += await tx.run("delete from rule_list where site = :site and id = :id", site=site, id=rule_id)
    if not removed:
        raise NotFound("there is no such rule; it may have been removed already")
    await _changed(tx, site)


async def every(reader: Reader, site: str) -> Sequence[Rule]:
    """Return a site's rules, the oldest first."""
    rows = await reader.all(
        """select id, effect, kind, value, reason, made_by, created_at from rule
           where site = :site order by created_at, id""",
        site=site,
    )
    return [
        Rule(
            row["id"],
            Effect(row["effect"]),
            RuleKind(row["kind"]),
            row["value"],
            row["reason"],
            row["made_by"],
            row["created_at"],
        )
        for row in rows
    ]


async def lists(reader: Reader, site: str) -> Sequence[RuleList]:
    """Return a site's lists with all their terms, the oldest first."""
    rows = await reader.all(
        """select id, name, effect, terms, made_by, created_at from rule_list
           where site = :site order by created_at, id""",
        site=site,
    )
    return [
        RuleList(
            row["id"],
            row["name"],
            Effect(row["effect"]),
            tuple(row["terms"].split("\n")),
            row["made_by"],
            row["created_at"],
        )
        for row in rows
    ]


async def _changed(tx: Transaction, site: str) -> None:
    await tx.run("update site set rules_version = rules_version + 1 where name = :site", site=site)


class RuleBooks:
    """Each site's rules, compiled, in memory; the site asked for longest ago goes first."""

    def __init__(self) -> None:
        self._books: OrderedDict[str, tuple[int, RuleBook]] = OrderedDict()
        self._compiling = asyncio.Lock()

    async def of(self, reader: Reader, site: Site) -> RuleBook:
        """Return a site's rules as they were when `site` was read, or newer."""
        if (book := self._known(site)) is not None:
            return book
        async with self._compiling:
            if (book := self._known(site)) is None:
                rules, given = await every(reader, site.name), await lists(reader, site.name)
                book = await asyncio.to_thread(RuleBook, rules, given) if given else RuleBook(rules)
                self._books[site.name] = (site.rules_version, book)
                while len(self._books) > SITES_KEPT:
                    self._books.popitem(last=False)
        return book

    def _known(self, site: Site) -> RuleBook | None:
        version, book = self._books.get(site.name, (-1, None))
        if version < site.rules_version:
            return None
        self._books.move_to_end(site.name)
        return book
