"""A comment's life in random order: whatever readers, authors and moderators do, service and model agree."""

import asyncio
import tempfile
from collections.abc import Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from service import reactions, review, submit, threads
from service.errors import GatepostError
from service.judge import Memory
from service.keys import Keys
from service.model import Action, Draft, Site, Sort, Status
from service.outbound import Outbound
from service.policy import Policy
from service.recent import Recent
from service.review import Bench, Decided, Decision
from service.store import comments, history, queue, sites
from service.store.learned import LearnedCache
from service.store.migrate import migrate
from service.store.queue import Filter
from service.store.rules import RuleBooks
from service.store.sqlite import SqliteDatabase
from service.submit import Desk

T = TypeVar("T")
THREADS = ("/a", "/b", "/c")
OUTBOUND = Outbound()


class Counter:
    """A clock and an id maker that any run repeats: each asks for the next number."""

    def __init__(self) -> None:
        self.last = 1_000_000

    def __call__(self) -> int:
        self.last += 1
        return self.last

    def id(self) -> str:
        return f"{self():032x}"


class Known:
    """What the model knows of one comment."""

    def __init__(self, thread: str, status: Status) -> None:
        self.thread = thread
        self.status = status
        self.withdrawn = False
        self.kinder = False  # says so, since an edit
        self.batches: list[str] = []
        self.votes: dict[str, int] = {}


class Life(RuleBasedStateMachine):
    """Posts, edits, votes, decisions, undos and mergings, in any order."""

    ids = Bundle("ids")
    batches = Bundle("batches")

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize(publish=st.sampled_from(["never", "clean"]))
    def open(self, publish: Any) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.count = Counter()
        self.known: dict[str, Known] = {}
        self.meant = {key: key for key in THREADS}
        self.undos: dict[str, dict[str, tuple[Status, Status]]] = {}
        self.site = Site(
            "demo", ("https://blog.example",), Policy(publish=publish, hold_at=1.0, spam_at=1.0, profanity_at=2), 0
        )
        self.database = self.do(SqliteDatabase.open(Path(self.folder.name) / "life.db", readers=1))
        self.do(self.prepare())
        learned = LearnedCache()
        memory = Memory(self.database, learned, RuleBooks(), Recent(self.count))
        self.desk = Desk(self.database, memory, Keys("a secret of the tests"), self.count, self.count.id, OUTBOUND)
        self.bench = Bench(self.database, learned, self.count, self.count.id, OUTBOUND)

    async def prepare(self) -> None:
        await migrate(self.database, self.count)
        async with self.database.transaction() as tx:
            await sites.add(tx, self.site)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.do(self.database.close())
            self.runner.close()
            self.folder.cleanup()

    def begins_in(self) -> Status:
        return Status.APPROVED if self.site.policy.publish == "clean" else Status.PENDING

    @rule(one=st.sampled_from(THREADS), into=st.sampled_from(THREADS))
    def merge(self, one: str, into: str) -> None:
        here = [known for known in self.known.values() if known.thread == one]
        target = into if self.meant[into] == one else self.meant[into]
        try:
            merged = self.do(threads.merge(self.database, self.site, one, into, self.count()))
        except GatepostError:
            assert one == into or not here
            return
        assert (merged.into, merged.moved) == (target, len(here))
        for known in here:
            known.thread = target
        self.meant = {key: target if meant == one else meant for key, meant in self.meant.items()}
        self.meant[target] = target

    @rule(comment_id=ids, place=st.sampled_from("abc"), value=st.sampled_from([1, 0, -1]))
    def vote(self, comment_id: str, place: str, value: int) -> None:
        known = self.known[comment_id]
        try:
            votes = self.do(reactions.vote(self.database, self.site, comment_id, place, value, self.count()))
        except GatepostError:
            assert known.status is not Status.APPROVED
            return
        known.votes[place] = value
        assert known.status is Status.APPROVED and votes == sum(known.votes.values())

    @rule(target=ids, thread=st.sampled_from(THREADS), words=st.integers(0, 3))
    def post(self, thread: str, words: int) -> str:
        receipt = self.do(
            submit.submit(self.desk, self.site, Draft(thread, "A reader", f"A kind word, number {words}."))
        )
        assert receipt.comment.status is self.begins_in()
        self.known[receipt.comment.id] = Known(self.meant[thread], receipt.comment.status)
        return receipt.comment.id

    @rule(comment_id=ids)
    def edit(self, comment_id: str) -> None:
        known = self.known[comment_id]
        try:
            self.do(submit.edit(self.desk, self.site, comment_id, f"A kinder word, number {self.count()}."))
        except GatepostError:
            assert known.status in (Status.DELETED, Status.REJECTED)
            return
        assert known.status in (Status.PENDING, Status.APPROVED, Status.SPAM)
        known.batches.append("edited")
        known.kinder = True
        if known.status is not Status.SPAM:
            known.status = self.begins_in()

    @rule(comment_id=ids)
    def withdraw(self, comment_id: str) -> None:
        known = self.known[comment_id]
        try:
            self.do(submit.withdraw(self.desk, self.site, comment_id))
        except GatepostError:
            assert known.status is Status.DELETED
            return
        assert known.status is not Status.DELETED
        known.batches.append("withdrawn")
        known.status, known.withdrawn, known.kinder = Status.DELETED, True, False

    @rule(target=batches, some=st.lists(ids, min_size=1, max_size=4), action=st.sampled_from(Action))
    def decide(self, some: list[str], action: Action) -> Any:
        return self.note(
            self.do(review.decide(self.bench, self.site, some, Decision(action, "tests"))), set(some), action
        )

    @rule(target=batches, status=st.sampled_from(Status), action=st.sampled_from(Action))
    def decide_matching(self, status: Status, action: Action) -> Any:
        some = {comment_id for comment_id, known in self.known.items() if known.status is status}
        decided = self.do(
            review.decide_matching(self.bench, self.site, Filter(status=status), Decision(action, "tests"))
        )
        return self.note(decided, some, action)

    def note(self, decided: Decided, some: set[str], action: Action) -> Any:
        assert set(decided.decided) == {comment_id for comment_id in some if self.may(comment_id, action)}
        assert {skipped.id for skipped in decided.skipped} == some - set(decided.decided)
        self.undos[decided.batch] = {}
        for comment_id in decided.decided:
            known = self.known[comment_id]
            self.undos[decided.batch][comment_id] = (known.status, action.status)
            known.status = action.status
            known.batches.append(decided.batch)
        return decided.batch if decided.decided else multiple()

    def may(self, comment_id: str, action: Action) -> bool:
        known = self.known[comment_id]
        if known.withdrawn or known.status is action.status:
            return False
        if action is Action.RESTORE:
            return known.status in (Status.REJECTED, Status.SPAM, Status.DELETED)
        return known.status is not Status.DELETED

    @rule(target=batches, batch=consumes(batches))
    def undo(self, batch: str) -> Any:
        changed = self.undos[batch]
        undone = self.do(review.undo(self.bench, self.site, batch, "tests"))
        assert set(undone.decided) == {c for c in changed if self.known[c].batches[-1] == batch}
        self.undos[undone.batch] = {}
        for comment_id in undone.decided:
            before, after = changed[comment_id]
            self.undos[undone.batch][comment_id] = (after, before)
            self.known[comment_id].status = before
            self.known[comment_id].batches.append(undone.batch)
        return undone.batch if undone.decided else multiple()

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not hasattr(self, "database"):
            return
        self.do(self.compare())

    async def compare(self) -> None:
        found = await comments.some(self.database, "demo", list(self.known) or ["none"])
        assert {c.id: c.status for c in found.values()} == {i: k.status for i, k in self.known.items()}
        tally = await queue.tally(self.database, "demo")
        assert tally == {s: sum(k.status is s for k in self.known.values()) for s in Status}
        kinder = {i for i, k in self.known.items() if k.kinder}
        assert set(await queue.ids(self.database, "demo", Filter(q="number kinder"))) == kinder
        for key in THREADS:
            meant = self.meant[key]
            approved = {i for i, k in self.known.items() if k.thread == meant and k.status is Status.APPROVED}
            _, page = await threads.read(self.database, self.site, key, Sort.OLDEST, 200, None)
            assert {comment.id: comment.votes for comment in page.comments} == {
                comment_id: sum(self.known[comment_id].votes.values()) for comment_id in approved
            }
            assert page.thread.key == meant
            assert page.thread.count == len(approved)
        histories = await history.of(self.database, "demo", list(self.known) or ["none"])
        for comment_id, known in self.known.items():
            entries = histories[comment_id]
            assert len(entries) == len(known.batches)
            assert not entries or entries[-1].after is known.status
            assert all(a.after is b.before for a, b in pairwise(entries))
        await self.the_filter_is_the_sum_of_its_lessons()

    async def the_filter_is_the_sum_of_its_lessons(self) -> None:
        from service.store.learned import lesson_of

        expected: dict[int, tuple[int, int]] = {}
        for row in await self.database.all("select content from lesson"):
            for feature, (weight, gradient) in lesson_of(row["content"]).delta.items():
                had = expected.get(feature, (0, 0))
                expected[feature] = (had[0] + weight, had[1] + gradient)
        rows = await self.database.all("select feature, weight, gradient from learned")
        learned = {row["feature"]: (row["weight"], row["gradient"]) for row in rows}
        assert {f: w for f, w in learned.items() if w != (0, 0)} == {f: w for f, w in expected.items() if w != (0, 0)}


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
