"""What each scan looked at and found, and what could not be looked at."""

from collections.abc import Iterator

from bench.model import ExperimentRecord


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """One for each scan."""
    for name, scan in experiment.facts.get("scans", {}).items():
        if not scan["measured"]:
            yield f"{name}: not looked at. {scan['reason'].rstrip('.')}."
            continue
        found = ", ".join(f"{count} {level.lower()}" for level, count in scan["counted"].items() if count)
        where = f" ({', '.join(f'scan/{file}' for file in scan['files'])})" if scan["files"] else ""
        yield f"{name}: {found or 'nothing found'}{where}."
