"""An author's earlier comments speak for or against the next."""

from service.checks import signals
from service.model import Author, Draft, Facts, Outcome
from service.policy import Policy
from service.verdict import decide

DRAFT = Draft("t", "Ann", "The stretch with the ball helped me. How long do you hold it?", email="ann@example.org")


def weight(author: Author) -> float:
    return sum(one.weight for one in signals(DRAFT, Facts(author=author)) if one.check == "author")


def test_approved_comments_speak_for_an_author_and_spam_louder_against() -> None:
    assert weight(Author()) == 0
    assert weight(Author(approved=1)) < 0
    assert weight(Author(approved=9)) == weight(Author(approved=5)) < weight(Author(approved=1))
    assert weight(Author(approved=1, spam=1)) > 0


def test_a_known_author_is_published_where_the_policy_says_so() -> None:
    known = signals(DRAFT, Facts(author=Author(approved=3, trusted=True)))
    assert decide(known, Policy(publish="known")).outcome is Outcome.PUBLISH
    assert decide(known, Policy()).outcome is Outcome.HOLD
    assert decide(signals(DRAFT, Facts(author=Author(approved=2))), Policy(publish="known")).outcome is Outcome.HOLD
