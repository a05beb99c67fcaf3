"""What became of the author's earlier comments on this site, by the e-mail address that they give."""

from service.model import Draft, Evidence, Facts

COUNTED_MAX = 5
# One approved comment speaks for its author, one spam against it, more than twice as loud.
APPROVED, SPAM = -0.5, 1.2


def author(draft: Draft, facts: Facts) -> Evidence | None:
    """Return -0.5 for each approved comment and 1.2 for each that was spam, at most five of either."""
    approved, spam, _ = facts.author
    if not approved and not spam:
        return None
    details = []
    if approved:
        details.append(f"{_comments(approved)} with this e-mail address approved here")
    if spam:
        details.append(f"{_comments(spam)} with this e-mail address marked as spam here")
    return Evidence("; ".join(details), APPROVED * min(approved, COUNTED_MAX) + SPAM * min(spam, COUNTED_MAX))


def trusted(draft: Draft, facts: Facts) -> Evidence | None:
    """Tell whether the site's policy trusts this author."""
    if not facts.author.trusted:
        return None
    return Evidence(f"a known author: {_comments(facts.author.approved)} with this e-mail address approved here")


def _comments(count: int) -> str:
    return "one comment" if count == 1 else f"{count} comments"
