"""Erlang's formula gives what the tables give."""

import math

import pytest

from bench.stats.queueing import erlang_c, mean_wait


@pytest.mark.parametrize(
    ("servers", "load", "chance"),
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (5, 4.0, 0.5541), (10, 8.0, 0.4092), (5, 0.0, 0.0)],
)
def test_the_chance_to_wait_is_the_tables(servers: int, load: float, chance: float) -> None:
    """Of M/M/1, which is the load itself, of two and three servers by hand, of more from tables of Erlang C."""
    assert erlang_c(servers, load) == pytest.approx(chance, abs=1e-4)


def test_more_servers_wait_less() -> None:
    """Down to nothing, and up to always when the load is all that they can do."""
    chances = [erlang_c(servers, 3.5) for servers in range(1, 40)]
    assert chances == sorted(chances, reverse=True)
    assert chances[:3] == [1.0, 1.0, 1.0]
    assert chances[-1] < 1e-9


def test_the_mean_wait_of_one_server_is_known() -> None:
    """M/M/1: load / (1 - load) service times; at full load it has no end."""
    assert mean_wait(1, 0.8, 0.01) == pytest.approx(0.8 / 0.2 * 0.01)
    assert math.isinf(mean_wait(2, 2.0, 0.01))


def test_what_is_no_queue_is_refused() -> None:
    """No server, or a load below nothing."""
    with pytest.raises(ValueError, match="make no queue"):
        erlang_c(0, 1.0)
    with pytest.raises(ValueError, match="make no queue"):
        erlang_c(1, -1.0)
