"""`perflab history`: how the figures went from run to run, since when one changed, and which commit did it."""

import json
from pathlib import Path

import click

from bench.cli import shared
from bench.cli.progress import watching


@click.command(epilog="Example: perflab history --bisect response_time.p50")
@click.option("--json", "as_json", is_flag=True, help="Print everything that is remembered as JSON.")
@click.option("--machine", metavar="NAME", help="Of this machine alone [all, each by itself].")
@click.option("--spec", metavar="NAME", help="Of this spec alone [all, each by itself].")
@click.option("--setting", metavar="TEXT", default="", help="Of settings with this text, such as '20,000 documents'.")
@click.option("--bisect", metavar="METRIC", help="Find the commit that made it slower, such as response_time.p50.")
@click.option("--between", metavar="GOOD..BAD", help="With --bisect: these commits, not those of the last change.")
@shared.out
def history(
    as_json: bool,
    machine: str | None,
    spec: str | None,
    setting: str,
    bisect: str | None,
    between: str | None,
    out: Path | None,
) -> int:
    """Show the runs of a reports folder as series, machines, specs and settings apart, with their changes of level.

    Exit code: 0; with --bisect 0 when the commit was found, 3 when a range is left.
    """
    from bench.errors import UsageError
    from bench.lab.options import DEFAULT_REPORTS
    from bench.lab.past import commit_range, past, sentences
    from bench.report import history as pages

    reports = out or DEFAULT_REPORTS
    found = past(reports, machine=machine, spec=spec, setting=setting)
    if bisect is not None:
        good, bad = commit_range(found.find(bisect)) if between is None else _range(between)
        return _bisect(good, bad, bisect, reports)
    if between is not None:
        raise UsageError("--between belongs to --bisect METRIC.")
    said = tuple(sentence for each in found.series for sentence in sentences(each))
    if as_json:
        click.echo(json.dumps(pages.as_json(found.entries, found.series, said, found.notes), indent=1))
        return 0
    if not found.entries:
        click.echo(f"No run is remembered in {reports} yet; `perflab run` adds one.")
    pages.show(found.series, said, found.notes)
    for path, _ in pages.draw(found.series, reports):
        click.echo(f"figure: {path}")
    return 0


def _bisect(good: str, bad: str, name: str, reports: Path) -> int:
    from bench.judge.bisection import answer
    from bench.lab.bisecting import bisected, by_command
    from bench.lab.options import ROOT

    # `response_time.p50`: an experiment's metric; a comparison has the metric alone.
    metric = name.split(".")[1] if "." in name else name
    with watching() as progress:
        found = bisected(good, bad, ROOT, by_command(metric, reports, ROOT), progress)
    click.echo(answer(found))
    return 0 if found.confirmed and not found.between else 3


def _range(text: str) -> tuple[str, str]:
    from bench.errors import UsageError

    good, dots, bad = text.partition("..")
    if not (good and dots and bad):
        raise UsageError(f"--between {text}: write GOOD..BAD, two commits, the older one first.")
    return good, bad
