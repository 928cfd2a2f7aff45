"""What an error costs beside a success, in process: through all middleware, into the envelope, without a socket.

    python -m bench.micro.error_path [--rounds 40] [--requests 200]

Each round sends so many requests of each kind, in random order; the difference of the mean times in a round is one
value, and values are brought together by Hodges and Lehmann's estimate with its exact interval. Log lines are written
as the service writes them, to nowhere.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from functools import partial
from statistics import median
from time import perf_counter

import click
import uvloop
from starlette.types import ASGIApp

from bench.micro import comparison, failing
from bench.micro.failing import REQUESTS, SUCCESS, Asked
from bench.stats.interval import Interval
from bench.stats.signed_rank import estimate, fewest
from service import logs


async def mean_s(app: ASGIApp, asked: Asked, requests: int) -> float:
    """Mean seconds of a request."""
    began = perf_counter()
    for _ in range(requests):
        await failing.drained(app, asked)
    return (perf_counter() - began) / requests


async def measure(rounds: int, requests: int) -> comparison.Values:
    """Mean seconds of each kind in each round.

    Raises ValueError for a kind that is not answered with its status.
    """
    turns = {}
    for name, asked in REQUESTS.items():
        app = failing.application(asked)
        status, _ = await failing.answered(app, asked)
        if status != asked.status:
            raise ValueError(f"{name} was answered with {status}")
        turns[name] = partial(mean_s, app, asked, requests)
    return await comparison.rounds(turns, rounds)


def difference(over: Sequence[float], under: Sequence[float]) -> Interval:
    """Seconds more, with its interval."""
    return estimate([one - other for one, other in zip(over, under, strict=True)], alpha=comparison.ALPHA)


def report(values: comparison.Values) -> str:
    """A line for each kind."""
    lines = [f"{SUCCESS:>22} {median(values[SUCCESS]) * 1e6:8.1f} µs"]
    for name, several in values.items():
        if name != SUCCESS:
            found = difference(several, values[SUCCESS])
            lines.append(
                f"{name:>22} {median(several) * 1e6:8.1f} µs   {found.estimate * 1e6:+8.1f} µs "
                f"[{found.low * 1e6:+.1f}, {found.high * 1e6:+.1f}]"
            )
    return "\n".join(lines)


@click.command(help=__doc__.splitlines()[0])
@click.option("--rounds", type=click.IntRange(min=fewest(comparison.ALPHA)), default=40, show_default=True)
@click.option("--requests", type=click.IntRange(min=1), default=200, show_default=True)
def main(rounds: int, requests: int) -> None:
    """Measure, and print what came out."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, no path
        standard, sys.stderr = sys.stderr, nowhere
        try:
            logs.configure("info")
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                values = runner.run(measure(rounds, requests))
        finally:
            sys.stderr = standard
    click.echo(report(values))


if __name__ == "__main__":
    main()
