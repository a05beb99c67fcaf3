"""What is counted for the operator, in Prometheus' words; labels are few and never hold what a reader wrote."""

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

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
