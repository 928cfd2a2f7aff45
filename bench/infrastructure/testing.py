"""`terraform test` of one folder."""

from pathlib import Path

from bench.infrastructure import program
from bench.infrastructure.outcome import Outcome


def tested(name: str, folder: Path) -> Outcome:
    """Every run of the folder's tests, as the check `name`; a folder without tests has failed. It is initialised."""
    if not any(folder.glob("tests/*.tftest.hcl")):
        return Outcome.of(name, (f"{folder.name} has no tests",))
    ended = program.run(folder, "test", "-no-color")
    failed = [line.strip() for line in ended.text.splitlines() if line.strip().endswith("... fail")]
    return Outcome.of(name, () if ended.code == 0 else (*failed, *ended.last))
