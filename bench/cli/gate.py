"""`perflab gate`: a run, or files of pytest-benchmark, held against a policy."""

import json
import os
from pathlib import Path

import click

from bench.cli import shared

SUMMARY = "GITHUB_STEP_SUMMARY"


@click.command(epilog="Example: perflab gate reports/latest --junit gate.xml --github")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--against", multiple=True, metavar="RUN", help="Older run, or file of pytest-benchmark; of those, several."
)
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Spec, or file with [gate]."
)
@click.option("--fail", "rules", multiple=True, metavar="RULE", help="For pytest-benchmark: 'group:encoding p95>5%'.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JUnit XML.")
@click.option("--github", is_flag=True, help="Annotations on the output, and the step summary.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a comment.")
@shared.json_file
def gate(
    runs: tuple[str, ...],
    against: tuple[str, ...],
    policy: Path | None,
    rules: tuple[str, ...],
    junit: Path | None,
    github: bool,
    markdown: Path | None,
    json_file: Path | None,
) -> int:
    """Judge RUN (a folder, `latest`, or files of pytest-benchmark) by the policy of its spec, table [gate].

    Exit code: 1 if a check failed; else 4 if the session was not fit or nothing was measured; else 3 if a check is
    INCONCLUSIVE (unless the policy says otherwise) or a required one was not measured; else 0.
    """
    from bench.lab import Asked
    from bench.lab import gate as judged
    from bench.report import gate as pages

    found = judged(Asked(runs, against, policy, rules))
    pages.show(found)
    if junit is not None:
        _write(junit, pages.junit(found))
    if markdown is not None:
        _write(markdown, pages.comment(found))
    if json_file is not None:
        _write(json_file, json.dumps(pages.as_json(found), indent=1))
    if github:
        click.echo("\n".join(pages.annotations(found)))
        summary = os.environ.get(SUMMARY)
        if summary:
            _write(Path(summary), pages.comment(found), append=True)
        else:
            click.echo(f"perflab gate: {SUMMARY} is not set, so there is no step summary to write.", err=True)
    return found.exit_code


def _write(path: Path, text: str, *, append: bool = False) -> None:
    from bench.errors import StoreError

    try:
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
