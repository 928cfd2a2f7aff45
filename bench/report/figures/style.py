"""One look for all figures: the same colour for the same role everywhere, safe for the colour-blind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.model import Role

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito, "Color Universal Design" (2008).
COLOURS = {Role.BASELINE: "#0072B2", Role.CANDIDATE: "#D55E00", Role.CONTROL: "#7a7a7a"}
# Tol, "Colour Schemes" (2021), muted: none of them is an arm's.
PART_COLOURS = {
    "lag": "#44AA99",
    "queue": "#DDCC77",
    "pool": "#999933",
    "db": "#332288",
    "cache": "#AA4499",
    "vector": "#882255",
    "app": "#117733",
    "encode": "#88CCEE",
    "rest": "#dddddd",
}
THRESHOLD = "#b00020"
RULES: Mapping[str, object] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
}
DPI = 130
WIDTH = 7.6


@contextmanager
def figure(path: Path, height: float) -> Iterator["Figure"]:
    """A figure that is saved when the block ends; no global state is touched."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(dict(RULES)):  # type: ignore[arg-type] # its stubs want each key as a literal
        drawn = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(drawn)
        yield drawn
        drawn.savefig(path, dpi=DPI)
