"""Every address that the service answers, in one list."""

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route

from service.web import admin, akismet, assets, embedded, feed, moderation, ops, public, reactions, rules, threads

_SITE = "/api/v1/sites/{site}"
_COMMENTS = f"{_SITE}/comments"

PUBLIC: list[BaseRoute] = [
    Route(_COMMENTS, public.list_comments),
    Route(_COMMENTS, public.post_comment, methods=["POST"]),
    Route(_COMMENTS, public.preflight, methods=["OPTIONS"]),
    Route(f"{_COMMENTS}/{{id}}", public.own_comment),
    Route(f"{_COMMENTS}/{{id}}", public.edit_comment, methods=["PATCH"]),
    Route(f"{_COMMENTS}/{{id}}", public.delete_comment, methods=["DELETE"]),
    Route(f"{_COMMENTS}/{{id}}", public.preflight, methods=["OPTIONS"]),
    Route(f"{_COMMENTS}/{{id}}/vote", reactions.vote, methods=["PUT"]),
    Route(f"{_COMMENTS}/{{id}}/vote", public.preflight, methods=["OPTIONS"]),
    Route(f"{_COMMENTS}/{{id}}/report", reactions.report, methods=["POST"]),
    Route(f"{_COMMENTS}/{{id}}/report", public.preflight, methods=["OPTIONS"]),
    Route(f"{_SITE}/preview", public.preview, methods=["POST"]),
    Route(f"{_SITE}/preview", public.preflight, methods=["OPTIONS"]),
    Route(f"{_SITE}/form", public.open_form),
    Route(f"{_SITE}/form", public.preflight, methods=["OPTIONS"]),
    Route(f"{_SITE}/counts", public.counts),
    Route("/embed.js", assets.embed),
    Route("/embed.css", embedded.style),
    Route("/embed/{site}", embedded.page),
    Route("/embed/{site}", embedded.post, methods=["POST"]),
    Route("/embed/{site}/fragment", embedded.fragment),
    Route("/sites/{site}/feed.atom", feed.feed),
    Route("/write.js", assets.write),
    Route("/words/{half}/{language}.json", assets.words),
]

MODERATION: list[BaseRoute] = [
    Route(f"{_SITE}/queue", moderation.get_queue),
    Route(f"{_SITE}/decisions", moderation.decide, methods=["POST"]),
    Route(f"{_SITE}/decisions/{{batch}}/undo", moderation.undo, methods=["POST"]),
    Route(f"{_SITE}/threads/merge", threads.merge, methods=["POST"]),
    Route(f"{_SITE}/check", moderation.check, methods=["POST"]),
    Route(f"{_SITE}/learning", rules.get_learning),
    Route(f"{_SITE}/rules", rules.get_rules),
    Route(f"{_SITE}/rules", rules.add_rule, methods=["POST"]),
    Route(f"{_SITE}/rules/{{id}}", rules.remove_rule, methods=["DELETE"]),
]

AKISMET: list[BaseRoute] = [
    Route("/1.1/verify-key", akismet.verify_key, methods=["POST"]),
    Route("/1.1/comment-check", akismet.comment_check, methods=["POST"]),
    Route("/1.1/submit-spam", akismet.submit_spam, methods=["POST"]),
    Route("/1.1/submit-ham", akismet.submit_ham, methods=["POST"]),
]

OPERATIONS: list[BaseRoute] = [
    Route("/livez", ops.livez),
    Route("/readyz", ops.readyz),
    Route("/metrics", ops.metrics),
    Route("/openapi.json", ops.openapi),
]

PAGES: list[BaseRoute] = [
    Route("/docs", RedirectResponse("/docs/")),
    Route("/docs/", ops.docs),
    Route("/problems/{name}", ops.problem),
    Route("/static/{name}", assets.static),
    *admin.ROUTES,
]

DEMO: list[BaseRoute] = [Route("/demo", RedirectResponse("/demo/")), Route("/demo/", assets.demo)]


def routes(demo: bool) -> list[BaseRoute]:
    """Return every route; the demonstration article only where it is wanted."""
    return [*PUBLIC, *MODERATION, *AKISMET, *OPERATIONS, *PAGES, *(DEMO if demo else [])]
