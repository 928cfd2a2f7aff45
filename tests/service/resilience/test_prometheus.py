"""What Prometheus is told of a breaker."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from service.resilience import CircuitState
from service.resilience.prometheus import BreakerMetrics
from tests.service.resilience.fake_clock import Dependency


@pytest.fixture
def registry() -> CollectorRegistry:
    """An empty registry."""
    return CollectorRegistry()


@pytest.fixture
def wall(registry: CollectorRegistry) -> Dependency:
    """A dependency whose breaker is watched."""
    metrics = BreakerMetrics(registry)
    watched = Dependency.guarded(metrics)
    metrics.watch(lambda: (watched.breaker,))
    return watched


async def test_counts_and_rates_are_those_of_the_moment(registry: CollectorRegistry, wall: Dependency) -> None:
    """Read when Prometheus asks, without a call in between."""
    await wall.succeed(6)
    await wall.succeed(seconds=2)
    await wall.fail()
    value = registry.get_sample_value
    buffered = "circuitbreaker_buffered_calls"
    assert [value(buffered, {"name": "wall", "kind": kind}) for kind in ("all", "failed", "slow")] == [8, 1, 1]
    assert value("circuitbreaker_failure_rate", {"name": "wall"}) == 1 / 8
    assert value("circuitbreaker_slow_call_rate", {"name": "wall"}) == 1 / 8
    hanging = await wall.begin()
    wall.clock.now += 2
    assert value("circuitbreaker_overdue_calls", {"name": "wall"}) == 1
    wall.end()
    await hanging


async def test_transitions_and_rejections_are_counted(registry: CollectorRegistry, wall: Dependency) -> None:
    """Every one, and the rejections from zero."""
    value, name = registry.get_sample_value, {"name": "wall"}
    assert value("circuitbreaker_not_permitted_calls_total", name) == 0
    await wall.fail(4)
    for _ in range(3):
        assert await wall.is_rejected()
    assert value("circuitbreaker_not_permitted_calls_total", name) == 3
    assert value("circuitbreaker_transitions_total", {**name, "state": "open"}) == 1


async def test_exactly_one_state_is_the_present_one(registry: CollectorRegistry, wall: Dependency) -> None:
    """Each state has a series, so that a state that was left is seen to be left."""
    for state in CircuitState:
        wall.breaker.transition_to(state)
        present = {
            one
            for one in CircuitState
            if registry.get_sample_value("circuitbreaker_state", {"name": "wall", "state": one})
        }
        assert present == {state}


def test_names_do_not_clash(registry: CollectorRegistry) -> None:
    """A second set of the same metrics in one registry is refused at once, and not when Prometheus asks."""
    BreakerMetrics(registry)
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        BreakerMetrics(registry)
    assert b"circuitbreaker_state" in generate_latest(registry)
