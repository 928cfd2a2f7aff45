"""A stored run as notebooks see it: typed, with tables and figures that show themselves."""

import os
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench import observations, store
from bench.errors import UsageError
from bench.judge.contest import COMPARISON
from bench.lab import noise, pages
from bench.lab.compared import Comparison
from bench.lab.options import known, located
from bench.lab.pages import Page
from bench.lab.shown import Scorecard, Shown, Text
from bench.model import CONTROL, Effect, ExperimentRecord, RunRecord
from bench.report import answering, sections
from bench.spec import nearest

if TYPE_CHECKING:
    import pandas as pd


MEASURED_BY = {
    "ablation": "./perflab ablate",
    "cache": "./perflab run specs/cache.toml",
    COMPARISON: "./perflab compare",
}
"""The command of an experiment that the default spec does not have."""
LATEST = "latest"
RUN_VARIABLE = "PERFLAB_RUN"
"""The environment variable that names the run which kernels call `latest`."""


def load_run(run: str | Path = LATEST) -> "StoredRun":
    """Read a run by its folder, its name under reports/, or `latest`.

    `latest` is the run that `perflab notebook --run` named, else the newest. Raises StoreError when there is none.
    """
    folder = located(os.environ.get(RUN_VARIABLE, run) if run == LATEST else run)
    return StoredRun(folder.resolve(), store.load(folder))


@dataclass(frozen=True)
class StoredRun:
    """One run: its record, its samples, its figures."""

    folder: Path
    record: RunRecord

    @property
    def answer(self) -> Text:
        """The whole run in one paragraph."""
        return Text(answering.answer(self.record))

    @property
    def scorecard(self) -> Scorecard:
        """Every criterion with its verdict."""
        return Scorecard(tuple(sections.scorecard(self.record.criteria, self.record.experiments)))

    @property
    def why(self) -> Page:
        """What would change each verdict."""
        return pages.why(self.record)

    @property
    def session(self) -> Page:
        """Whether the run may be believed, and the machine that it was made on."""
        return pages.session(self.record)

    @property
    def comparison(self) -> Comparison | Page:
        """The verdict on two arms where the run is a comparison; else how one is made."""
        return Comparison(self.folder, self.record) if COMPARISON in self.record.experiments else self.page(COMPARISON)

    @cached_property
    def criteria(self) -> "pd.DataFrame":
        """A row per criterion, with the columns of run.json."""
        import pandas as pd

        return pd.DataFrame([asdict(result) for result in self.record.criteria]).set_index("id")

    def experiment(self, name: str) -> ExperimentRecord:
        """One experiment's record.

        Raises UsageError when the run has none of that name.
        """
        try:
            return self.record.experiments[name]
        except KeyError:
            hint = nearest(name, self.record.experiments) if self.record.experiments else "the run has none."
            raise UsageError(f"this run has no experiment `{name}`; {hint}") from None

    def page(self, name: str) -> Page:
        """What an experiment found, with its figures; where the run has none of that name, what measures it.

        Raises UsageError for a name that no experiment has.
        """
        if name in self.record.experiments:
            return pages.of(name, self.record, self.folder)
        if name not in MEASURED_BY and name not in known().experiments:
            raise UsageError(f"there is no experiment `{name}`; {nearest(name, known().experiments)}")
        return pages.absent(name, MEASURED_BY.get(name, f"./perflab run --only {name}"))

    def setup(self, name: str) -> Page:
        """How an experiment was done: question, method, arms and load. Raises UsageError as `experiment` does."""
        return pages.setup(self.experiment(name))

    def effect_table(self, name: str) -> Page:
        """The effects of an experiment in words and units. Raises UsageError as `experiment` does."""
        return Page("", (), pages.effects(self.experiment(name)))

    @property
    def plans_compared(self) -> Page:
        """The plans of each query on both databases, and why the second are faster."""
        return pages.plans(self._facts("query_time").get("plan_changes", {}))

    @property
    def control(self) -> Page:
        """What two processes of the same baseline differed by, as a figure: noise."""
        return noise.page(self.record)

    @property
    def noise(self) -> "pd.DataFrame":
        """A row per effect of the control: a second process of the baseline against the first; 1 is no difference."""
        import pandas as pd

        frames = [self.effects(name).assign(experiment=name) for name in self.record.experiments]
        together = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["comparison"])
        return together[together["comparison"] == CONTROL.label]

    @property
    def plans(self) -> "pd.DataFrame":
        """A row per query and arm: nodes of its plan, buffers (8 KiB pages), rows, seconds; empty if not measured."""
        import pandas as pd

        changes = self._facts("query_time").get("plan_changes", {})
        rows = [{"query": query, "arm": arm, **found} for query, arms in changes.items() for arm, found in arms.items()]
        return pd.DataFrame(rows, columns=["query", "arm", "nodes", "buffers", "rows", "execution_s"])

    @property
    def counters(self) -> "pd.DataFrame":
        """A row per arm and kind of request, counted per request; sizes in bytes; empty without `counters`."""
        import pandas as pd

        counted = self._facts("counters").get("counters", {})
        rows = [
            {"arm": arm, "request": kind, **passes[0]} for arm, of in counted.items() for kind, passes in of.items()
        ]
        return pd.DataFrame(rows, columns=None if rows else ["arm", "request"])

    def _facts(self, name: str) -> dict[str, Any]:
        found = self.record.experiments.get(name)
        return {} if found is None else found.facts

    def effects(self, name: str) -> "pd.DataFrame":
        """A row per effect: metric, scope, comparison, ratio, low, high, n_pairs, mde; times in seconds."""
        import pandas as pd

        kept = [field.name for field in fields(Effect) if field.name not in {"ci", "pairs"}]
        rows = [
            {**asdict(effect), "low": effect.ci[0], "high": effect.ci[1]} for effect in self.experiment(name).effects
        ]
        return pd.DataFrame(rows, columns=[*kept, "low", "high"])

    def slots(self, name: str) -> "pd.DataFrame":
        """A row per slot: its place in the plan, its role, p50 and the other figures in seconds, its health."""
        import pandas as pd

        rows = [
            {
                **asdict(slot.slot), **slot.metrics, **asdict(slot.health), "n": slot.n, "errors": slot.errors,
                "dropped": slot.dropped, "lag_p50_s": slot.lag_p50_s, "lag_p99_s": slot.lag_p99_s,
            }
            for slot in self.experiment(name).slots
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def observations(self, name: str) -> "pd.DataFrame":
        """A row per request with `bench.observations.COLUMNS`, its slot and its role.

        `latency_s` counts from the intended start; `judged` is false in the discarded start of a slot.
        """
        import pandas as pd

        frames = []
        for record in self.experiment(name).slots:
            frame = observations.read(self.folder / record.samples).to_pandas()
            frame["slot"], frame["role"] = record.slot.index, str(record.slot.role)
            frame["judged"] = frame["intended_s"] >= record.slot.discard_s
            frames.append(frame)
        together = pd.concat(frames, ignore_index=True)
        together["latency_s"] = together["end_s"] - together["intended_s"]
        return cast("pd.DataFrame", together)

    def figure(self, name: str) -> Shown:
        """A figure by its name, such as `response_time.effects`.

        Raises UsageError when the run has none of that name.
        """
        figures = {Path(figure.path).stem: figure for e in self.record.experiments.values() for figure in e.figures}
        if name not in figures:
            hint = nearest(name, figures) if figures else "the run has none."
            raise UsageError(f"this run has no figure `{name}`; {hint}")
        found = figures[name]
        return Shown((self.folder / found.path).read_bytes(), found.alt, found.caption)

    def _repr_html_(self) -> str:
        if self.record.comparison is not None:
            return Comparison(self.folder, self.record)._repr_html_()
        return self.answer._repr_html_() + self.scorecard._repr_html_()

    def __repr__(self) -> str:
        return f"StoredRun({self.record.run_id}): {answering.answer(self.record)}"
