"""`perflab doctor`: what this machine can and cannot do for a measurement."""

import click


@click.command(epilog="Example: perflab doctor")
def doctor() -> int:
    """Say what is there, what is missing, and what that means. Exit code 2 when nothing can be measured."""
    from bench.lab import examine

    findings = examine()
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'MISS' if finding.needed else 'note'}  "
                   f"{finding.subject:<{width}}  {finding.text}")  # fmt: skip
    return 2 if any(finding.needed and not finding.ok for finding in findings) else 0
