"""What is counted for the operator, in Prometheus' words; labels are few and never hold what a reader wrote."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()


# Pages that left as they were built before, by status; counted on the event loop alone, and so without a lock.
READY = {200: 0, 304: 0}


class _ReadyPages(Collector):
    """Shows `READY` to Prometheus."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the numbers."""
        family = CounterMetricFamily("gatepost_ready_pages", "Pages sent as they were built before.", labels=["status"])
        for status, count in READY.items():
            family.add_metric([str(status)], count)
        yield family


REGISTRY.register(_ReadyPages())

REQUESTS = Counter("gatepost_requests_total", "Requests answered.", ["method", "route", "status"], registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "gatepost_request_seconds",
    "Time to answer a request, by route.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
COMMENTS = Counter("gatepost_comments_total", "Comments kept, by what the checks said.", ["outcome"], registry=REGISTRY)
DECISIONS = Counter("gatepost_decisions_total", "Decisions made by moderators.", ["action"], registry=REGISTRY)
CHECKS_FAILED = Counter(
    "gatepost_check_failures_total",
    "Checks that raised or were late; the comment was held.",
    ["check"],
    registry=REGISTRY,
)
REMOTE_FAILED = Counter(
    "gatepost_remote_failures_total",
    "Times that another server could not be asked about a comment, or told what became of it.",
    ["remote"],
    registry=REGISTRY,
)
DAMAGED = Counter(
    "gatepost_damaged_total",
    "Times that something kept in the database could not be read.",
    ["what"],
    registry=REGISTRY,
)
