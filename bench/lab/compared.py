"""A comparison as scripts and notebooks see it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.judge.contest import COMPARISON
from bench.lab.pages import Page
from bench.model import ComparisonRecord, ComparisonVerdict, Count, RunRecord
from bench.report import findings, sections, words
from bench.store import load


@dataclass(frozen=True)
class Comparison:
    """The answer to "is the candidate slower?", and the run that it rests on."""

    folder: Path
    run: RunRecord

    @classmethod
    def read(cls, folder: Path) -> "Comparison":
        """A stored one. Raises StoreError when there is none."""
        return cls(folder.resolve(), load(folder))

    @property
    def record(self) -> ComparisonRecord:
        """Everything that was found."""
        assert self.run.comparison is not None, "the run holds no comparison that was completed"
        return self.run.comparison

    @property
    def verdict(self) -> ComparisonVerdict:
        """IMPROVEMENT, REGRESSION, EQUIVALENT, INCONCLUSIVE or INVALID."""
        return self.record.verdict

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return self.record.sentence

    @property
    def ratio(self) -> float:
        """Candidate / baseline of the metric: above 1 is slower."""
        return self.record.ratio

    @property
    def interval(self) -> tuple[float, float]:
        """Where the ratio lies with the record's confidence."""
        return self.record.ci

    @property
    def mde(self) -> float | None:
        """The smallest relative change that this many pairs find with 80 % power."""
        return self.record.mde

    @property
    def counters(self) -> Mapping[str, Mapping[str, Count]]:
        """What one request costs either arm, counted."""
        return self.record.counters

    @property
    def exit_code(self) -> int:
        """What `perflab compare` answers."""
        return self.run.exit_code

    def as_json(self) -> dict[str, Any]:
        """What `perflab compare --json` writes; ratio = candidate / baseline."""
        found = asdict(self.record)
        experiment = self.run.experiments[COMPARISON]
        return {
            **{name: found[name] for name in ("verdict", "ratio", "ci", "metric", "n_pairs", "mde", "delta")},
            "aa": found["aa"] or {},
            "session": asdict(self.run.session),
            "counters": found["counters"],
            "arms": {str(arm.role): asdict(arm) for arm in experiment.arms},
            "sentence": found["sentence"],
            "confirmation": found["confirmation"],
            "others": found["others"],
            "deciding_budget_s": found["deciding_budget_s"],
            "run": str(self.folder),
            "exit_code": self.exit_code,
        }

    @property
    def page(self) -> Page:
        """The verdict, the metrics with their intervals, the noise beside them, the arms, the figures."""
        if self.run.comparison is None:
            return Page(
                "No verdict: the comparison was stopped", (f"What was measured until then is in {self.folder}.",)
            )
        found = self.run.comparison
        experiment = self.run.experiments[COMPARISON]
        return Page(
            words.comparison(found),
            self.run.session.reasons,
            (findings.Table("", sections.COMPARED, sections.compared(found)), *findings.tables(experiment)),
            tuple(((self.folder / each.path).read_bytes(), each.alt, each.caption) for each in experiment.figures),
        )

    def __repr__(self) -> str:
        return repr(self.page) if self.run.comparison is None else f"{self.verdict}: {self.sentence}"

    def _repr_html_(self) -> str:
        return self.page._repr_html_()
