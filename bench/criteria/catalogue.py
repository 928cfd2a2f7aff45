"""The claims of "Phase 2: Architecture Consolidation", in its words, with their thresholds.

`seed` are its success criteria; `seed checklist` are points of its validation and rollback lists that name
no figure. Ids are part of `run.json` and never change. Fractions, not percent; seconds, not milliseconds.
"""

from collections.abc import Mapping
from functools import cache, partial

from bench.model import Claim, Direction

SEED, CHECKLIST = "seed", "seed checklist"

_above = partial(Claim, direction=Direction.ABOVE)
_below = partial(Claim, direction=Direction.BELOW)
_at_least = partial(_above, inclusive=True)
_at_most = partial(_below, inclusive=True)

CLAIMS = (
    _at_least("response_time", "API response time improved by 20%", SEED, "fraction", 0.20),
    _at_most("response_consistency", "API response times are no less consistent", SEED, "ratio", 1.0),
    _at_least("query_time", "Database query performance improved by 30%", SEED, "fraction", 0.30),
    _above("pool_utilization", "Database connection pool utilization > 80%", SEED, "fraction", 0.80),
    _above("pool_efficiency", "Connection pool efficiency > 85%", SEED, "fraction", 0.85),
    _above("pooling_gain", "Connection pooling improves performance", CHECKLIST, "fraction", 0.0),
    _below("error_overhead", "Error handling adds < 5ms overhead", SEED, "s", 0.005),
    _above("breaker_prevention", "Circuit breaker prevents > 95% of cascade failures", SEED, "fraction", 0.95),
    _at_least("api_parity", "The consolidated API answers what the old one answers", CHECKLIST, "fraction", 1.0),
    _at_most("single_api", "Single API implementation without duplication", SEED, "count", 0.0),
    _at_least("consistent_errors", "Consistent error responses across all endpoints", SEED, "fraction", 1.0),
    _at_most(
        "vulnerabilities",
        "Container vulnerability scan shows zero critical issues",
        SEED,
        "count",
        0.0,
        required=False,  # needs a scanner's database
    ),
    _at_least(
        "infrastructure",
        "Infrastructure as Code deploys successfully",
        CHECKLIST,
        "fraction",
        1.0,
        required=False,  # needs a provider
    ),
    _at_least("rollback", "Every rollback procedure works, with the service answering", SEED, "fraction", 1.0),
)


@cache
def catalogue() -> Mapping[str, Claim]:
    """Every claim by its id, in the order of the scorecard."""
    return {claim.id: claim for claim in CLAIMS}
