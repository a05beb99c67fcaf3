"""Draws how good the judging is: a reliability diagram and a ROC curve, as one SVG that needs nothing else."""

from bisect import bisect_left
from collections.abc import Sequence

from service.spam.measures import Scored, calibration, roc_auc

SIDE = 240
MARGIN = 44
POINTS = 100
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.axis{stroke:#999;fill:none}.even{stroke:#bbb;stroke-dasharray:4 4}"
    ".line{stroke:#0b6e4f;stroke-width:2;fill:none}.dot{fill:#0b6e4f;fill-opacity:.75}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.line{stroke:#5fd3a8}.dot{fill:#5fd3a8}}"
)


def svg(title: str, scored: Scored, spam_share: float | None = None) -> str:
    """Return both diagrams of scored comments; there must be spam and ham among them.

    With `spam_share` the reliability is what it would be where so much of what comes in is spam, 0 to 1.
    """
    width, height = 2 * SIDE + 3 * MARGIN, SIDE + 2 * MARGIN
    alt = f"{title}: of what is said to be spam with some probability, how much is; and ROC, AUC {roc_auc(scored):.3f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{alt}">'
        f"<style>{_STYLE}</style>{_panel(0, 'said to be spam', 'was spam', _dots(scored, spam_share))}"
        f"{_panel(1, 'ham flagged', 'spam found', _roc(scored))}</svg>\n"
    )


def _panel(number: int, across: str, up: str, inside: str) -> str:
    left = MARGIN + number * (SIDE + MARGIN)
    return (
        f'<g transform="translate({left} {MARGIN / 2})"><path class="axis" d="M0 0V{SIDE}H{SIDE}"/>'
        f'<path class="even" d="M0 {SIDE}L{SIDE} 0"/>{inside}'
        f'<text x="{SIDE / 2}" y="{SIDE + 32}" text-anchor="middle">{across}</text>'
        f'<text transform="translate(-33 {SIDE / 2}) rotate(-90)" text-anchor="middle">{up}</text>'
        + "".join(_tick(share) for share in (0, 0.5, 1))
        + "</g>"
    )


def _tick(share: float) -> str:
    return (
        f'<text x="{share * SIDE}" y="{SIDE + 16}" text-anchor="middle">{share:g}</text>'
        f'<text x="-6" y="{SIDE - share * SIDE + 4}" text-anchor="end">{share:g}</text>'
    )


def _dots(scored: Scored, spam_share: float | None) -> str:
    """Return a dot for each tenth, its area by the number of comments."""
    bins = [one for one in calibration(scored, spam_share) if one]
    most = max(one.comments for one in bins)
    return "".join(
        f'<circle class="dot" cx="{one.said * SIDE:.1f}" cy="{(1 - one.were) * SIDE:.1f}" '
        f'r="{3 + 9 * (one.comments / most) ** 0.5:.1f}"/>'
        for one in bins
    )


def _roc(scored: Scored) -> str:
    ham = sorted(score for score, spam in scored if not spam)
    spam = sorted(score for score, spam in scored if spam)
    lines = [*(ham[round(at / POINTS * (len(ham) - 1))] for at in range(POINTS, -1, -1)), float("-inf")]
    points = [(0.0, 0.0), *((_from(ham, line), _from(spam, line)) for line in lines)]
    return f'<polyline class="line" points="{" ".join(_point(*point) for point in points)}"/>'


def _from(scores: Sequence[float], line: float) -> float:
    """Return the share of sorted scores at or above a line."""
    return 1 - bisect_left(scores, line) / len(scores)


def _point(across: float, up: float) -> str:
    return f"{across * SIDE:.1f},{(1 - up) * SIDE:.1f}"
