"""`perflab scan`: known weaknesses of the files and the image."""

from pathlib import Path

import click

from bench.cli import shared

ROOT = Path(__file__).resolve().parents[2]
OUT = Path("reports/scan")


@click.command(epilog="Example: perflab scan --fail-on HIGH")
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--fail-on", type=click.Choice(["CRITICAL", "HIGH"]), default="CRITICAL", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True, help="Where SARIF and JSON go.")
@shared.json_file
def scan(folder: Path | None, fail_on: str, out: Path, json_file: Path | None) -> int:
    """Run Trivy and hadolint on FOLDER (perflab itself) and the image of PERFLAB_IMAGE, without network.

    Exit code: 1 with a finding of --fail-on or worse; 2 when a scanner crashed; 3 when no image or no vulnerability
    database was there; else 0.
    """
    from bench import scanning
    from bench.lab.weaknesses import weaknesses

    found = weaknesses((folder or ROOT).resolve(), out.resolve())
    scans = found.scans
    shared.write_json(json_file, found.facts())
    for one in scans:
        said = ", ".join(f"{count} {level}" for level, count in one.counted().items() if count) or "no findings"
        click.echo(f"{one.name}: {said if one.measured else f'NOT_MEASURED. {one.reason}'}")
    bad = [finding for one in scans for finding in scanning.at_least(one.findings, fail_on)]
    for finding in bad:
        click.echo(f"{finding.severity} {finding.rule} {finding.path}:{finding.line} {finding.text}")
    click.echo(f"{found.verdict.id}: {found.verdict.verdict}. {found.verdict.reason}".strip())
    click.echo(f"Reports: {out}")
    if bad:
        return 1
    return 0 if scans[-1].measured else 3
