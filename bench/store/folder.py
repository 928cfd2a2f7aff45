"""The folder of one run: made before the first server starts, so that a bad place is told at once."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from bench.errors import StoreError

SUBFOLDERS = ("samples", "plans", "figures", "notebooks")
LATEST = "latest"


def new_run_id(spec: str) -> str:
    """A name that sorts by time, such as `20261123-061502-phase2-3fa9c1d0`.

    Of a hundred runs started in the same second, two share a name once in 870,000 times; `RunFolder.create`
    refuses the second of them.
    """
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{spec}-{token_hex(4)}"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder."""

    path: Path

    @classmethod
    def create(cls, reports: Path, run_id: str) -> "RunFolder":
        """Make `reports/run_id` with its subfolders.

        Raises StoreError when the place cannot be written.
        """
        folder = cls(reports / run_id)
        try:
            for name in SUBFOLDERS:
                (folder.path / name).mkdir(parents=True)
        except OSError as error:
            raise StoreError(
                f"the run folder {folder.path} cannot be made ({error.strerror}); "
                "choose a writable place with --out DIR."
            ) from error
        return folder

    @property
    def samples(self) -> Path:
        """Where the observations are."""
        return self.path / "samples"

    @property
    def plans(self) -> Path:
        """Where the EXPLAIN outputs are."""
        return self.path / "plans"

    def discard(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def publish(self) -> None:
        """Let `latest` beside the run point to it; a file system without links does without."""
        link = self.path.parent / LATEST
        temporary = self.path.parent / f".{LATEST}-{self.path.name}"
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(self.path.name)
            temporary.replace(link)
