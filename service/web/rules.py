"""What moderators have told a site's judge: its rules, and how much its filter has learned."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from service.clock import rfc3339
from service.errors import FieldError, Invalid
from service.model import REASON_MAX, Action, Label
from service.policy import Effect, Rule, RuleKind
from service.spam.model import trust_in
from service.store import history, learned, rules
from service.text.rulebook import VALUE_MAX, valid_value
from service.web import forms
from service.web.access import moderated_site
from service.web.forms import Wrong
from service.web.service import of

AGREEMENT_OVER = 200

Word = TypeVar("Word", bound=StrEnum)


class RuleView(Struct, frozen=True):
    """One rule."""

    id: str
    effect: str
    kind: str
    value: str
    reason: str | None
    by: str
    created_at: str


class ListView(Struct, frozen=True):
    """One list from elsewhere, without its terms."""

    id: str
    name: str
    effect: str
    terms: int
    by: str
    created_at: str


class LearningView(Struct, frozen=True):
    """What a site's filter has learned, and how often it would have decided as the moderators did lately."""

    spam: int
    ham: int
    trust: float
    recent: int
    agreed: int


async def get_rules(request: Request) -> Response:
    """GET a site's rules and lists."""
    site, _ = await moderated_site(request)
    database = of(request).database
    found = [_view(rule) for rule in await rules.every(database, site.name)]
    lists = [
        ListView(one.id, one.name, one.effect, len(one.terms), one.by, rfc3339(one.created_at))
        for one in await rules.lists(database, site.name)
    ]
    return _json({"rules": found, "lists": lists})


async def add_rule(request: Request) -> Response:
    """POST a rule; one about the same thing is replaced."""
    site, who = await moderated_site(request, to_decide=True)
    wanted = forms.fields(await forms.read_object(request), _RULE)
    service = of(request)
    try:
        value = valid_value(wanted["kind"], wanted["value"])
    except ValueError as error:
        raise Invalid(FieldError("value", str(error))) from error
    rule = Rule(service.new_id(), wanted["effect"], wanted["kind"], value, wanted["reason"], who.name, service.clock())
    async with service.database.transaction(site.name) as tx:
        await rules.put(tx, site.name, rule)
    return _json(_view(rule), 201)


async def remove_rule(request: Request) -> Response:
    """DELETE a rule or a list."""
    site, _ = await moderated_site(request, to_decide=True)
    async with of(request).database.transaction(site.name) as tx:
        await rules.remove(tx, site.name, request.path_params["id"])
    return Response(status_code=204, headers={"Cache-Control": "private, no-store"})


async def get_learning(request: Request) -> Response:
    """GET how much a site's filter has learned, and how often it agreed with its moderators lately."""
    site, _ = await moderated_site(request)
    service = of(request)
    labels = await learned.labels(service.database, site.name)
    known = await service.memory.learned.of(service.database, site.name)
    recent = await history.opinions(service.database, site.name, AGREEMENT_OVER)
    agreed = sum(said_spam == (action is Action.SPAM) for action, said_spam in recent)
    trust = round(trust_in(known), 3)
    return _json(LearningView(labels[Label.SPAM], labels[Label.HAM], trust, len(recent), agreed))


def _one_of(words: type[Word]) -> Callable[[Any], Word]:
    def read(value: Any) -> Word:
        try:
            return words(value)
        except ValueError:
            raise Wrong(f"must be one of {', '.join(words)}") from None

    return read


_RULE: Mapping[str, Callable[[Any], Any]] = {
    "effect": _one_of(Effect),
    "kind": _one_of(RuleKind),
    "value": forms.one_line(VALUE_MAX),
    "reason": forms.optional(forms.one_line(REASON_MAX)),
}


def _view(rule: Rule) -> RuleView:
    return RuleView(rule.id, rule.effect, rule.kind, rule.value, rule.reason, rule.by, rfc3339(rule.created_at))


def _json(content: object, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content),
        status,
        headers={"Cache-Control": "private, no-store"},
        media_type="application/json",
    )
