"""What lies beside the runs, for notebooks: the history, and the calibration card of this machine."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import environment, store
from bench.errors import StoreError
from bench.lab.options import DEFAULT_REPORTS, ROOT
from bench.lab.pages import Page
from bench.lab.past import Past, past, sentences
from bench.model import machine
from bench.model.calibration import Card
from bench.report import calibration as card_report
from bench.report import history as pages
from bench.stats.changes import FEWEST, available

if TYPE_CHECKING:
    import pandas as pd

RUNS = [
    "run", "started", "commit", "machine", "fit", "experiment", "metric", "comparison", "ratio", "low", "high",
    "n_pairs", "mde", "numerator", "denominator", "setting",
]  # fmt: skip
DETECTIONS = ["metric", "injected", "delta", "ratio", "said", "trials", "low", "high"]


@dataclass(frozen=True)
class History:
    """All remembered runs of a reports folder."""

    past: Past
    page: Page
    """What changed since when, and the trends."""

    @property
    def runs(self) -> "pd.DataFrame":
        """A row per run and effect: started, commit, machine, ratio with low and high, times in seconds."""
        import pandas as pd

        rows = [
            {
                "run": entry.run_id, "started": entry.started, "commit": entry.environment.commit,
                "machine": entry.machine, "fit": entry.session.valid, **asdict(effect),
                "low": effect.ci[0], "high": effect.ci[1],
            }
            for entry in self.past.entries
            for effect in entry.effects
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=RUNS)

    def _repr_html_(self) -> str:
        return self.page._repr_html_()

    def __repr__(self) -> str:
        return repr(self.page)


def history(reports: Path | str | None = None) -> History:
    """Every run that was remembered in a reports folder [reports/]; empty where there is none yet.

    Raises StoreError when it cannot be read.
    """
    folder = Path(reports) if reports is not None else DEFAULT_REPORTS
    found = past(folder)
    said = tuple(sentence for series in found.series for sentence in sentences(series))
    drawn = pages.draw(found.series, folder) if found.entries else []
    empty = () if found.entries else (f"No run is remembered in {folder} yet; `perflab run` adds one.",)
    looked_at = [series for series in found.series if len(series.points) >= FEWEST] if available() else []
    nothing = (f"No level has changed in {len(looked_at)} series.",) if looked_at and not said else ()
    figures = tuple((path.read_bytes(), figure.alt, figure.caption) for path, figure in drawn)
    return History(found, Page("Run after run", (*empty, *said, *nothing, *found.notes), (), figures))


@dataclass(frozen=True)
class Calibration:
    """What this machine can tell."""

    card: Card | None
    page: Page

    @property
    def detections(self) -> "pd.DataFrame":
        """A row per metric, slowdown and delta: found in so many of the trials, with the 95 % interval."""
        import pandas as pd

        rows = [
            {
                "metric": metric.metric, "injected": each.condition.label, "delta": each.delta, "ratio": each.ratio,
                "said": each.said.hits, "trials": each.said.trials, "low": each.said.ci[0], "high": each.said.ci[1],
            }
            for metric in (self.card.metrics.values() if self.card else ())
            for each in metric.detections
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=DETECTIONS)

    def _repr_html_(self) -> str:
        return self.page._repr_html_()

    def __repr__(self) -> str:
        return repr(self.page)


def calibration(reports: Path | str | None = None) -> Calibration:
    """The card of this machine in a reports folder [reports/]; a page that says how to make one where there is none.

    Raises StoreError for a damaged card.
    """
    folder = Path(reports) if reports is not None else DEFAULT_REPORTS
    path = store.calibration.place(folder, machine(environment.describe(ROOT)))
    if not path.exists():
        return Calibration(None, Page("This machine was not calibrated", ("`perflab calibrate` makes its card.",)))
    card = store.calibration.read(path)
    foretold = tuple(card_report.foretold(each) for each in card.promises)
    try:
        drawn = path.with_suffix(".png").read_bytes()
    except OSError as error:
        raise StoreError(f"The calibration's figure {path.with_suffix('.png')} is gone; calibrate again.") from error
    figure = (drawn, "Share of trials in which a slowdown was found, by its size", "Bars are 95 % intervals.")
    return Calibration(card, Page("What this machine can tell", (card_report.headline(card), *foretold), (), (figure,)))
