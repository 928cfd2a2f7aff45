"""The lab in a notebook: a run or a comparison from a cell."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from bench.errors import UsageError
from bench.lab.aside import aside
from bench.lab.compared import Comparison
from bench.lab.comparing import compare
from bench.lab.display import Display
from bench.lab.options import DEFAULT_REPORTS, SPECS, Options
from bench.lab.running import run_spec
from bench.lab.stored import StoredRun, load_run
from bench.runner import Progress


class Lab:
    """Runs and comparisons from cells, with live progress.

        with Lab() as lab:
            found = lab.run("phase2", only=["query_time"], quick=True)

    Servers, arms and load generator are processes of their own: the kernel is neither patched nor kept from answering.
    They end with the call that started them, and also when the kernel is killed. The stop button ends a run; what it
    had measured until then is answered, marked partial.
    """

    def __init__(self, *, services: str = "auto", reports: Path | str | None = None) -> None:
        """`services`: where PostgreSQL and Redis come from; `reports`: where run folders go [reports/]."""
        self._services = services
        self._reports = Path(reports) if reports is not None else DEFAULT_REPORTS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to end: every call has ended what it started."""

    def run(
        self,
        spec: str | Path = "phase2",
        *,
        only: Sequence[str] = (),
        quick: bool = False,
        budget: float | None = None,
        seed: int | None = None,
        progress: Progress | None = None,
    ) -> StoredRun:
        """Run a spec, by its name in specs/ or its path, as `perflab run` does; `budget` in seconds.

        Raises UsageError before anything is started, another PerflabError when the harness broke.
        """
        path = SPECS / f"{spec}.toml"
        options = Options(
            spec=path if path.is_file() else Path(spec), quick=quick, only=tuple(only), budget_s=budget,
            services=self._services, seed=seed, reports=self._reports,
        )  # fmt: skip
        if isinstance(only, str):
            raise UsageError(f'only="{only}": give a list, such as only=["{only}"].')
        before = self._runs()
        watching = progress or Display()
        try:
            _, folder = aside(lambda: run_spec(options, watching))
        except KeyboardInterrupt:
            left = self._runs() - before
            if not left:
                raise
            folder = max(left)
            watching.note("stopped; what was measured until then is kept, and marked partial")
        return load_run(folder)

    def compare(self, baseline: str, candidate: str, **options: Any) -> Comparison:
        """Compare two arms as `perflab compare` does; `options` are those of `bench.compare`."""
        options.setdefault("services", self._services)
        options.setdefault("reports", self._reports)
        options.setdefault("progress", Display())
        return compare(baseline, candidate, **options)

    def _runs(self) -> set[Path]:
        return {path.parent for path in self._reports.glob("*/run.json") if not path.parent.is_symlink()}
