"""Judge a run while it runs: the provisional effect on the screen, and whether a look decides."""

from collections.abc import Sequence
from pathlib import Path

from bench import judge
from bench.experiments.context import Experiment
from bench.model import MAIN, Claim, Effect, Look
from bench.runner import Records, latencies


class Live:
    """The runner's judge for one experiment; see `bench.runner.measure.Judge`."""

    def __init__(self, experiment: Experiment, claims: Sequence[Claim], root: Path) -> None:
        self._experiment = experiment
        self._claims = claims
        self._root = root

    def provisional(self, records: Records) -> Effect | None:
        """The deciding metric's effect over all pairs so far; None while there are too few."""
        wanted = MAIN.label, self._experiment.metric, "all"
        effects = judge.effects(records, looks=())
        return next((e for e in effects if (e.comparison, e.metric, e.scope) == wanted), None)

    def decided(self, records: Records, look: Look) -> bool:
        """Whether every claim that reads this experiment is PASS or FAIL at this look."""
        effects = self._experiment.analyse((look,), records, lambda record: latencies(self._root, record))
        return judge.decided(self._experiment.name, effects, self._claims)
