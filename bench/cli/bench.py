"""`perflab bench`: the micro benchmarks; further arguments are pytest's and pytest-benchmark's.

Exit 0 when all ran, 1 when one failed or a comparison did (`--benchmark-compare-fail`), 2 for wrong usage, 4 when
nothing was measured.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
SUITES = "bench/micro"
OPTION = "--benchmark-json"
EXITS = {0: 0, 1: 1, 5: 4}
"""From pytest's exit codes: all else is wrong usage or a broken harness."""
WRONG = 2


@click.command(
    "bench",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: perflab bench -k breaker --benchmark-columns=median,iqr",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
def bench_command(arguments: tuple[str, ...]) -> int:
    """Time the service's parts beside their rivals; further arguments are pytest-benchmark's.

    The figures are kept as JSON: where --benchmark-json says, else below reports/.
    """
    from bench.errors import UsageError
    from bench.lab.options import DEFAULT_REPORTS

    if not (ROOT / SUITES).is_dir():
        raise UsageError(
            f"`perflab bench` needs a checkout, but {ROOT} is none; clone the project and use its ./perflab."
        )
    kept = None
    if not any(word.startswith(OPTION) for word in arguments):
        kept = DEFAULT_REPORTS / f"bench-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
        kept.parent.mkdir(exist_ok=True)
        arguments = (*arguments, f"{OPTION}={kept}")
    # A warning of pytest-benchmark, such as that nothing was run, must not become an error of the harness.
    command = [sys.executable, "-m", "pytest", SUITES, "--quiet", "-W", "default", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if kept is not None and kept.exists():
        if kept.stat().st_size:
            click.echo(f"kept as {kept}")
        else:
            kept.unlink()
    return EXITS.get(done.returncode, WRONG)
