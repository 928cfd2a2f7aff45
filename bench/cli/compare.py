"""`perflab compare`: is this slower than that?"""

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from bench.cli import shared
from bench.cli.progress import watching
from bench.errors import StoreError


def _share(_: click.Context, __: click.Parameter, value: str) -> float:
    return shared.share(value)


def _write(file: Path | None, found: dict[str, Any] | None) -> None:
    """Write the answer, or take away an earlier one, which must not be read for that of a comparison that failed."""
    if file is None:
        return
    try:
        file.touch()
        file.unlink() if found is None else file.write_text(json.dumps(found, indent=1))
    except OSError as error:
        raise StoreError(f"--json {file} cannot be written ({error.strerror}); choose a writable place.") from error


@click.command(
    epilog="Example: perflab compare --baseline git:main --candidate git:HEAD "
    "--command 'uvicorn app:app --port {port}' --path /items --delta 5%"
)
@click.option("--baseline", required=True, metavar="ARM", help="What it is measured against.")
@click.option("--candidate", required=True, metavar="ARM", help="What may be slower.")
@click.option(
    "--workload", type=click.Path(path_type=Path), metavar="LOCUSTFILE", help="Requests as this file has them."
)
@click.option("--path", "paths", multiple=True, metavar="/x", help="Plain GET requests; may be repeated.")
@click.option("--ready", metavar="/path", help="Answers 200 once the service is ready [the first --path].")
@click.option(
    "--rate", type=float, metavar="R", help="Requests per second [three tenths of what the slower arm holds]."
)
@click.option(
    "--budget", type=click.FloatRange(min=1), default=180.0, show_default=True, metavar="SECONDS", help="At most."
)
@click.option("--delta", default="5%", show_default=True, callback=_share, help="The smallest difference that matters.")
@click.option(
    "--metric", type=click.Choice(["p50", "p95", "mean"]), default="p50", show_default=True, help="It decides."
)
@click.option("--slot", type=click.FloatRange(min=0.5), metavar="SECONDS", help="Length of a slot [as the rate needs].")
@click.option("--command", metavar="COMMAND", help="How a git: arm is started, with {port} [perflab.toml].")
@click.option(
    "--prepare", metavar="COMMAND", help="Fills the database at {database_url} that every arm gets a copy of."
)
@click.option(
    "--turns/--no-turns", default=True, show_default=True, help="Let the arms take short turns in their slots."
)
@click.option("--restart/--no-restart", default=True, show_default=True, help="Start the arms again before every pair.")
@shared.services
@shared.seed
@shared.out
@shared.json_file
def compare(
    baseline: str,
    candidate: str,
    workload: Path | None,
    paths: tuple[str, ...],
    ready: str | None,
    rate: float | None,
    budget: float,
    delta: float,
    metric: str,
    slot: float | None,
    command: str | None,
    prepare: str | None,
    turns: bool,
    restart: bool,
    services: str,
    seed: int | None,
    out: Path | None,
    json_file: Path | None,
) -> int:
    """Tell whether the candidate is slower than the baseline, on this machine, as noisy as it is.

    \b
    ARM is one of
      'cmd:uvicorn app:app --port {port}'   any command; also {database_url} and {redis_url}
      url:http://127.0.0.1:8000             a service that runs already
      git:REVISION                          of the repository you stand in
      knobs:indexes=off                     the reference service; knobs not named are on, all=off turns all off
      spec:phase2.candidate                 an arm of a spec; without .ROLE, that of the option's own role

    Stops as soon as the answer is clear, and takes the whole budget when it is not. A regression is measured again
    before it is said.

    Exit code: 0 IMPROVEMENT or EQUIVALENT; 1 REGRESSION; 3 INCONCLUSIVE; 4 INVALID, the session was not fit to
    measure; 2 when an arm or the harness broke, and then there is no verdict.
    """  # noqa: D301 - \b is click's, which leaves the lines after it as they are
    from bench.lab import Match, run_match
    from bench.report import console

    match = Match(
        baseline=baseline,
        candidate=candidate,
        workload=workload,
        paths=paths,
        ready=ready,
        rate=rate,
        budget_s=budget,
        delta=delta,
        metric=metric,
        seed=seed,
        slot_s=slot,
        command=command,
        prepare=prepare,
        turns=turns,
        restart=restart,
        services=services,
        reports=out,
    )
    _write(json_file, None)
    with watching() as progress:
        found = asyncio.run(run_match(match, progress))
    _write(json_file, found.as_json())
    console.show_comparison(found.run, found.folder)
    return found.exit_code
