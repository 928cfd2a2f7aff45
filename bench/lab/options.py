"""What a user may ask of a run, checked against what exists before anything is started."""

from dataclasses import dataclass
from pathlib import Path

from bench import criteria, experiments, spec
from bench.errors import UsageError
from bench.subject import KNOBS

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: perflab is installed editable, beside its specs, SQL and notebooks."""
DEFAULT_SPEC = ROOT / "specs" / "phase2.toml"
DEFAULT_REPORTS = ROOT / "reports"
NOTEBOOKS = ROOT / "notebooks"
LOADTESTS = ROOT / "loadtests"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `perflab run`."""

    spec: Path | None = None
    quick: bool = False
    only: tuple[str, ...] = ()
    budget_s: float | None = None
    services: str = "auto"
    seed: int | None = None
    reports: Path | None = None
    resume: Path | None = None


def known() -> spec.Known:
    """The names that a spec may use."""
    return spec.Known(experiments=experiments.find(), criteria=criteria.catalogue(), knobs=KNOBS)


def effective_spec(options: Options) -> spec.Spec:
    """The spec with --quick, --only and --budget applied.

    Raises UsageError for unknown names.
    """
    loaded = spec.load(options.spec or DEFAULT_SPEC, known(), quick=options.quick)
    for name in options.only:
        if name not in loaded.experiments:
            raise UsageError(f"--only {name}: unknown experiment; {spec.nearest(name, loaded.experiments)}")
    chosen = {name: timing for name, timing in loaded.experiments.items() if not options.only or name in options.only}
    if options.budget_s is not None:
        share = options.budget_s / sum(timing.budget_s for timing in chosen.values())
        chosen = {
            name: timing.model_copy(update={"budget_s": timing.budget_s * share}) for name, timing in chosen.items()
        }
    return loaded.model_copy(update={"experiments": chosen, "quick": {}})
