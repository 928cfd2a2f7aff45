"""The A/A control of a run as a page: what two processes of the same baseline differed by."""

import tempfile
from pathlib import Path

from bench.lab.pages import Page
from bench.model import CONTROL, RunRecord
from bench.report.figures import noise


def page(record: RunRecord) -> Page:
    """A row for each metric of each experiment; that there is none, where no experiment had a control."""
    rows = [
        (name, effect)
        for name, experiment in record.experiments.items()
        for effect in experiment.effects
        if effect.comparison == CONTROL.label and effect.scope == "all"
    ]
    if not rows:
        return Page("No control was measured", ("Experiments with slots have one: `./perflab run --only query_time`.",))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "noise.png"
        drawn = noise.draw(rows, path)
        return Page(drawn.title, (), (), ((path.read_bytes(), drawn.alt, drawn.caption),))
