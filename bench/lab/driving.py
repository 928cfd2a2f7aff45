"""The lab in a notebook: a run, a comparison or a service from a cell."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

from bench.errors import UsageError
from bench.lab.aside import Held, aside
from bench.lab.calibrating import Wanted, calibrate
from bench.lab.compared import Comparison
from bench.lab.comparing import compare
from bench.lab.display import Display
from bench.lab.looking import Calibration, calibration
from bench.lab.options import DEFAULT_REPORTS, SPECS, Options
from bench.lab.running import run_spec
from bench.lab.serving import serving
from bench.lab.stored import StoredRun, load_run
from bench.runner import Progress

STOPPED = "stopped; what was measured until then is kept, and marked partial"


class Lab:
    """Runs, comparisons and services from cells, with live progress.

        with Lab() as lab:
            url = lab.serve(knobs={"cache": "off"})
            found = lab.run("phase2", only=["query_time"], quick=True)

    Servers, arms and load generator are processes of their own: the kernel is neither patched nor kept from answering.
    Those of a run end with the call that started them, a service with the lab; all of them also when the kernel is
    killed. The stop button ends a run; what it had measured until then is answered, marked partial.
    """

    def __init__(self, *, services: str = "auto", reports: Path | str | None = None) -> None:
        """`services`: where PostgreSQL and Redis come from; `reports`: where run folders go [reports/]."""
        self._services = services
        self._reports = Path(reports) if reports is not None else DEFAULT_REPORTS
        self._held: list[Held[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the services that `serve` started."""
        while self._held:
            self._held.pop().close()

    def serve(
        self,
        preset: str = "on",
        *,
        knobs: Mapping[str, str] | None = None,
        documents: int = 20_000,
        progress: Progress | None = None,
    ) -> str:
        """Start servers and an arm of the reference service; answer its URL. It ends with the lab, or by `close`.

        All knobs stand at `preset`, but for those in `knobs`, such as `{"cache": "off"}`. Raises UsageError for an
        unknown knob, another PerflabError when a server or the arm does not start.
        """
        with _watched(progress) as watching:
            self._held.append(Held(lambda: serving(preset, knobs or {}, documents, self._services, watching)))
        return self._held[-1].value

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

        An experiment that breaks is failed in the run, with its reason. Raises UsageError before anything is started,
        another PerflabError when the servers did not start.
        """
        path = SPECS / f"{spec}.toml"
        options = Options(
            spec=path if path.is_file() else Path(spec), quick=quick, only=tuple(only), budget_s=budget,
            services=self._services, seed=seed, reports=self._reports,
        )  # fmt: skip
        if isinstance(only, str):
            raise UsageError(f'only="{only}": give a list, such as only=["{only}"].')
        before = self._runs()
        with _watched(progress) as watching:
            try:
                _, folder = aside(lambda: run_spec(options, watching))
            except KeyboardInterrupt:
                folder = self._left(before)
                watching.note(STOPPED)
        return load_run(folder)

    def compare(self, baseline: str, candidate: str, *, progress: Progress | None = None, **options: Any) -> Comparison:
        """Compare two arms as `perflab compare` does; `options` are those of `bench.compare`.

        Stopped, it answers a comparison without a verdict that names the folder of what was measured until then.
        """
        options = {"services": self._services, "reports": self._reports, **options}
        before = self._runs()
        with _watched(progress) as watching:
            try:
                return compare(baseline, candidate, progress=watching, **options)
            except KeyboardInterrupt:
                folder = self._left(before)
                watching.note(STOPPED)
        return Comparison.read(folder)

    def calibrate(self, *, progress: Progress | None = None, **options: Any) -> Calibration:
        """Calibrate this machine as `perflab calibrate` does; `options` are the fields of `bench.lab.Wanted`.

        It takes minutes; stopped, the card has the trials that were complete.
        """
        wanted = Wanted(**{"services": self._services, "reports": self._reports, **options})
        with _watched(progress) as watching:
            aside(lambda: calibrate(wanted, watching))
        return calibration(self._reports)

    def _runs(self) -> set[Path]:
        return {path.parent for path in self._reports.glob("*/run.json") if not path.parent.is_symlink()}

    def _left(self, before: set[Path]) -> Path:
        """What an interrupted run has kept; the interrupt goes on where that is nothing."""
        left = self._runs() - before
        if not left:
            raise KeyboardInterrupt
        return max(left)


def _watched(progress: Progress | None) -> AbstractContextManager[Progress]:
    return Display() if progress is None else nullcontext(progress)
