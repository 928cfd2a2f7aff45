"""What a death did to the requests around it, on requests that are written down."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from bench.observations import COLUMNS
from bench.stats import outage
from bench.stats.outage import AFTER, BEFORE, OPENING, Requests


@dataclass
class Slot:
    """Requests at fixed distances, which hit until the death, then try in vain, then go past an open circuit."""

    died_s: float = 2.0
    opened_s: float = 2.5
    every_s: float = 0.01
    long_s: float = 4.0
    failing: set[int] = field(default_factory=set)

    def requests(self) -> Requests:
        """As they would be recorded."""
        due = np.arange(0, self.long_s, self.every_s)
        dead = due >= self.died_s
        latency = np.where(dead, 0.004, 0.001)
        columns = dict.fromkeys(COLUMNS, np.zeros(len(due)))
        failed = np.isin(np.arange(len(due)), sorted(self.failing))
        return Requests.of(
            columns
            | {
                "name": np.full(len(due), "search GET @0"),
                "intended_s": due,
                "start_s": due,
                "end_s": due + latency,
                "status": np.where(failed, 503, 200),
                "error": np.where(failed, "HTTP 503", ""),
                "db_s": np.where(dead, 0.002, 0.0),
                "cache_s": np.where(due < self.opened_s, 0.0005, 0.0),
            }
        )


def test_the_opening_is_between_the_last_attempt_and_the_first_request_without_one() -> None:
    """Told to the distance of two requests, with how many tried in vain."""
    found = outage.opening(Slot().requests(), died_s=2.0)
    assert found is not None
    assert found.after_s == pytest.approx(2.49)
    assert found.by_s == pytest.approx(2.504)
    assert found.tried == 50


def test_a_circuit_that_stays_closed_is_not_said_to_open() -> None:
    """Every request still tries: there is no opening, and no phase after it."""
    requests = Slot(opened_s=99.0).requests()
    assert outage.opening(requests, died_s=2.0) is None
    phases = outage.phases(requests, from_s=0.5, died_s=2.0, opened_s=None)
    assert phases[AFTER]["n"] == 0
    assert phases[AFTER]["longest"] is None
    assert phases[OPENING]["n"] == 200


def test_hits_do_not_count_as_requests_past_the_cache() -> None:
    """A hit whose time in the cache rounds to nothing is no open circuit."""
    requests = Slot(died_s=99.0, opened_s=1.0).requests()
    assert outage.opening(requests, died_s=0.0) is None


def test_a_trial_of_the_open_circuit_does_not_move_its_opening() -> None:
    """Later attempts, when the circuit lets a call try again, change nothing about when it opened."""
    requests = Slot().requests()
    requests.tried[350] = True
    found = outage.opening(requests, died_s=2.0)
    assert found is not None
    assert found.by_s == pytest.approx(2.504)


def test_each_phase_has_its_own_requests() -> None:
    """By when they were due; the start that does not count is left out."""
    phases = outage.phases(Slot().requests(), from_s=0.5, died_s=2.0, opened_s=2.5)
    assert [phases[name]["n"] for name in outage.PHASES] == [150, 50, 150]
    assert phases[BEFORE]["hit_ratio"] == 1.0
    assert phases[AFTER]["hit_ratio"] == 0.0
    assert phases[BEFORE]["p50"] == pytest.approx(0.001)
    assert phases[AFTER]["p50"] == pytest.approx(0.004)


def test_failures_are_counted_where_they_happen_and_timed_nowhere() -> None:
    """Three failures after the death; without them there are none."""
    slot = Slot(failing={210, 300, 301})
    phases = outage.phases(slot.requests(), from_s=0.5, died_s=2.0, opened_s=2.5)
    assert outage.failed(phases, BEFORE) == (0, 150)
    assert outage.failed(phases, OPENING, AFTER) == (3, 200)
    sound = outage.phases(Slot().requests(), from_s=0.5, died_s=2.0, opened_s=2.5)
    assert outage.failed(sound, OPENING, AFTER) == (0, 200)


def test_goodput_counts_good_answers_where_they_arrive() -> None:
    """A hundred a second, less where requests fail."""
    rates = outage.goodput(Slot(failing=set(range(200, 250))).requests(), bin_s=0.5, duration_s=4.0)
    assert rates == [100, 100, 100, 100, 0, 100, 100, 100]


def test_a_median_needs_requests() -> None:
    """Of each stretch by itself; none where nobody, or hardly anybody, was answered."""
    middle = outage.medians(Slot(failing=set(range(200, 247))).requests(), bin_s=0.5, duration_s=4.0)
    assert middle[3] == pytest.approx(0.001)
    assert np.isnan(middle[4])
    assert middle[5] == pytest.approx(0.004)
