"""What `perflab compare` was asked for: two arms and how to load them, read before anything is started."""

from dataclasses import dataclass
from pathlib import Path

from bench.errors import UsageError
from bench.experiments.comparison_plan import Question

METRICS = ("p50", "p95", "mean")


@dataclass(frozen=True, slots=True)
class Match:
    """The options of `perflab compare`; None: what the repository's perflab.toml or the arms themselves say."""

    baseline: str
    candidate: str
    workload: Path | None = None
    paths: tuple[str, ...] = ()
    ready: str | None = None
    rate: float | None = None
    budget_s: float = 180.0
    delta: float = 0.05
    metric: str = "p50"
    seed: int | None = None
    slot_s: float | None = None
    """None: as long as the rate and the metric need."""
    command: str | None = None
    prepare: str | None = None
    restart: bool = True
    turns: bool = True
    """Whether the arms of a triple may take turns within their slots."""
    services: str = "auto"
    reports: Path | None = None
    standing: Path | None = None
    """Where the user stands, when not in the current folder."""

    @property
    def folder(self) -> Path:
        """Where commands are started and whose repository `git:` means."""
        return self.standing or Path.cwd()

    def question(self, seed: int) -> Question:
        """What is asked.

        Raises UsageError for what no comparison can be asked.
        """
        if self.metric not in METRICS:
            raise UsageError(f"--metric {self.metric}: unknown; choose {', '.join(METRICS)}.")
        if not 0 < self.delta < 1:
            raise UsageError(f"--delta {self.delta:g}: give a share between 0 and 1, or a percentage such as 5%.")
        if self.rate is not None and self.rate <= 0:
            raise UsageError(f"--rate {self.rate:g}: give requests per second above 0.")
        for path in self.paths:
            if not path.startswith("/"):
                raise UsageError(f"--path {path}: a path begins with /, as in --path '/items?limit=20'.")
        if self.workload is not None and self.paths:
            raise UsageError("--workload and --path are two ways of saying what to request; give one.")
        return Question(metric=self.metric, delta=self.delta, budget_s=self.budget_s, seed=seed)
