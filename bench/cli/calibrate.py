"""`perflab calibrate`: what can be told on this machine?"""

import asyncio
from pathlib import Path

import click

from bench.cli import shared
from bench.cli.progress import watching


@click.command(epilog="Example: perflab calibrate --pairs 8 --repeat 20")
@click.option("--pairs", type=int, default=8, show_default=True, help="Pairs of a trial, as a comparison would have.")
@click.option("--repeat", type=int, default=5, show_default=True, help="Trials of every slowdown.")
@click.option(
    "--slowdown", "slowdowns", multiple=True, callback=lambda _, __, texts: tuple(map(shared.share, texts)),
    metavar="SHARE", help="What is injected, of the median latency; may be repeated [2% 5% 10% 20%].",
)  # fmt: skip
@click.option("--slot", type=click.FloatRange(min=0.5), metavar="SECONDS", help="Length of a slot [as the rate needs].")
@click.option("--rate", type=float, metavar="R", help="Requests per second [three tenths of what the service holds].")
@click.option(
    "--turns/--no-turns", default=True, show_default=True, help="Let the arms take short turns in their slots."
)
@click.option("--restart/--no-restart", default=True, show_default=True, help="Start the arms again before every pair.")
@shared.services
@shared.seed
@shared.out
@shared.json_file
def calibrate(
    pairs: int,
    repeat: int,
    slowdowns: tuple[float, ...],
    slot: float | None,
    rate: float | None,
    turns: bool,
    restart: bool,
    services: str,
    seed: int | None,
    out: Path | None,
    json_file: Path | None,
) -> int:
    """Measure false alarms on equal arms, and how often injected slowdowns are found, on this machine.

    The card is kept in reports/calibration/ beside the history; every gate cites it. Before the long part it says what
    this machine will find in which time. Ctrl-C keeps the trials that were complete.
    """
    import json

    from bench.experiments.calibration import SIZES
    from bench.lab import Wanted
    from bench.lab import calibrate as measured
    from bench.report import calibration as report

    wanted = Wanted(
        pairs=pairs,
        repeat=repeat,
        sizes=slowdowns or SIZES,
        slot_s=slot,
        rate=rate,
        turns=turns,
        restart=restart,
        seed=seed,
        services=services,
        reports=out,
    )
    with watching() as progress:
        card, path = asyncio.run(measured(wanted, progress))
    shared.write_json(json_file, json.loads(path.read_bytes()))
    click.echo(report.headline(card))
    click.echo(f"card: {path.with_suffix('.md')}")
    return 0
