"""A stored run as notebooks see it: typed, with tables and figures that show themselves."""

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bench import observations, store
from bench.errors import UsageError
from bench.lab.options import DEFAULT_REPORTS
from bench.model import Effect, ExperimentRecord, RunRecord
from bench.report import sections, words
from bench.spec import nearest

if TYPE_CHECKING:
    import pandas as pd


def load_run(run: str | Path = "latest") -> "StoredRun":
    """Read a run by its folder, its name under reports/, or `latest`.

    Raises StoreError when there is none.
    """
    path = Path(run)
    folder = path if path.exists() else DEFAULT_REPORTS / path
    return StoredRun(folder.resolve(), store.load(folder))


@dataclass(frozen=True)
class StoredRun:
    """One run: its record, its samples, its figures."""

    folder: Path
    record: RunRecord

    @property
    def answer(self) -> "Text":
        """The whole run in one paragraph."""
        return Text(words.answer(self.record))

    @property
    def scorecard(self) -> "Scorecard":
        """Every criterion with its verdict."""
        return Scorecard(tuple(sections.scorecard(self.record.criteria)))

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

    def figure(self, name: str) -> "Shown":
        """A figure by its name, such as `response_time.effects`.

        Raises UsageError when the run has none of that name.
        """
        figures = {Path(figure.path).stem: figure for e in self.record.experiments.values() for figure in e.figures}
        if name not in figures:
            hint = nearest(name, figures) if figures else "the run has none."
            raise UsageError(f"this run has no figure `{name}`; {hint}")
        found = figures[name]
        return Shown((self.folder / found.path).read_bytes(), found.alt, found.caption)

    def __repr__(self) -> str:
        return f"StoredRun({self.record.run_id}): {words.answer(self.record)}"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p style='font-size:115%'>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Scorecard:
    """The scorecard as a table."""

    rows: tuple[sections.Row, ...]

    def __repr__(self) -> str:
        return "\n".join(
            f"{row.mark} {row.verdict:<13} {row.id:<22} {row.measured} {row.interval}" for row in self.rows
        )

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th>{name}</th>" for name in ("verdict", "criterion", "measured", "95 % interval", "threshold")
        )
        body = "".join(
            f"<tr><td><b>{row.mark} {row.verdict}</b></td><td style='text-align:left'>{escape(row.claim)}</td>"
            f"<td>{row.measured}</td><td>{row.interval}</td><td>{row.threshold}</td></tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class Shown:
    """A figure with the words that replace it."""

    png: bytes
    alt: str
    caption: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return self.png, {"width": 900}
