"""Which checks of the infrastructure passed, what the others found, and what was not run."""

from collections.abc import Iterator

from bench.model import ExperimentRecord


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """One for what passed, one for each check that did not, one for what was not run."""
    checks = experiment.facts.get("checks", [])
    if passed := [check["check"] for check in checks if check["status"] == "passed"]:
        yield f"Passed: {', '.join(passed)}."
    for check in checks:
        if check["status"] == "failed":
            yield f"{check['check']} failed: {'; '.join(check['found'])}."
    waiting = [check for check in checks if check["status"] == "not_run"]
    if waiting:
        yield f"Not run: {', '.join(check['check'] for check in waiting)}; {waiting[0]['reason']}"
