"""The plain form of the page without JavaScript: what was typed, and what is wrong with it in a reader's words."""

from collections.abc import Mapping

from msgspec import Struct

from service.errors import FieldError, GatepostError, Invalid, ThreadClosed, TooFast, TooLarge
from service.model import AUTHOR_MAX, EMAIL_MAX, WEBSITE_MAX, Site
from service.web.language import Words
from service.web.pages import Form as Sent

LIMITS = {"author": AUTHOR_MAX, "email": EMAIL_MAX, "website": WEBSITE_MAX}
# Hidden from people, and named as no browser fills in by itself: the draft's `trap`.
TRAP = "subject"
TYPED = ("body", "author", "email", "website", "consent", "parent_id", "form_token", "key", TRAP)


class PlainForm(Struct, frozen=True):
    """A form to be drawn: what stands in it, the sentence above it, and a sentence for each wrong field."""

    typed: Mapping[str, str]
    problem: str | None = None
    errors: Mapping[str, str] = {}


def fresh(form_token: str, key: str) -> PlainForm:
    """Return a form that nobody has written in yet."""
    return PlainForm(dict.fromkeys(TYPED, "") | {"form_token": form_token, "key": key})


def typed(sent: Sent) -> dict[str, str]:
    """Return what was typed; browsers send the line ends of Windows."""
    return {name: sent.get(name, "").replace("\r\n", "\n") for name in TYPED}


def explain(words: Words, site: Site, typed: Mapping[str, str], error: GatepostError) -> PlainForm:
    """Return the form again with everything that was typed, and what to do about the error."""
    errors: dict[str, str] = {}
    if isinstance(error, Invalid):
        told = {wrong.field: _sentence(words, site, typed, wrong) for wrong in error.errors if wrong.field in TYPED}
        # In the order in which the fields stand.
        errors = {name: told[name] for name in TYPED if name in told}
    return PlainForm(typed, _problem(words, error, len(errors)), errors)


def _problem(words: Words, error: GatepostError, wrong: int) -> str:
    match error:
        case Invalid() if wrong:
            return words.say("problem-invalid", n=wrong)
        case TooFast():
            return words.say("problem-too-fast", n=error.retry_after)
        case ThreadClosed():
            return words.say("problem-thread-closed")
        case TooLarge():
            return words.say("page-too-large")
    return words.say("problem")


def _sentence(words: Words, site: Site, typed: Mapping[str, str], wrong: FieldError) -> str:
    """Say what to do about a field; what was meant to be read by programs is said in the reader's language."""
    field, text = wrong.field, typed[wrong.field].strip()
    most = site.policy.body_max if field == "body" else LIMITS.get(field)
    if most and len(text) > most:
        return words.say("wrong-length", n=len(text), max=most)
    match field:
        case "body" | "author":
            return words.say("page-wrong-characters" if text else f"wrong-{field}")
        case "email":
            return words.say("page-wrong-email" if site.policy.email == "required" else "wrong-email")
        case "website" | "consent":
            return words.say(f"page-wrong-{field}")
        case "parent_id":
            return words.say("page-wrong-parent")
    return words.say("problem")
