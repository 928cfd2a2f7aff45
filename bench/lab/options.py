"""What a user may ask of a run, checked against what exists before anything is started."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from bench import criteria, experiments, spec
from bench.errors import BudgetTooSmall, UsageError
from bench.model import Plan
from bench.subject import KNOBS

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: perflab is installed editable, beside its specs, SQL and notebooks."""
SPECS = ROOT / "specs"
DEFAULT_SPEC = SPECS / "phase2.toml"
DEFAULT_REPORTS = ROOT / "reports"
NOTEBOOKS = ROOT / "notebooks"
LOADTESTS = ROOT / "loadtests"


def located(name: str | Path) -> Path:
    """The file or folder of that name, else the run of that name below reports/."""
    path = Path(name)
    return path if path.exists() or path.suffix == ".json" else DEFAULT_REPORTS / path


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

    Raises UsageError for unknown names and for a Locust file that does not exist.
    """
    loaded = spec.load(options.spec or DEFAULT_SPEC, known(), quick=options.quick)
    for name in options.only:
        if name not in loaded.experiments:
            raise UsageError(f"--only {name}: unknown experiment; {spec.nearest(name, loaded.experiments)}")
    workload = loaded.workload.model_copy(update={"locustfile": str(_locustfile(loaded, options.spec))})
    chosen = {name: timing for name, timing in loaded.experiments.items() if not options.only or name in options.only}
    if options.budget_s is not None:
        share = options.budget_s / sum(timing.budget_s for timing in chosen.values())
        chosen = {
            name: timing.model_copy(update={"budget_s": timing.budget_s * share}) for name, timing in chosen.items()
        }
    return loaded.model_copy(update={"experiments": chosen, "workload": workload, "quick": {}})


def plans(effective: spec.Spec, seed: int, budget_s: float | None = None) -> dict[str, Plan]:
    """The plan of each experiment of a spec, whose budgets together are `budget_s` where --budget was given.

    Raises UsageError when the time is too short for one of them, with the time that would do for all.
    """
    known_experiments = experiments.find()
    made: dict[str, Plan] = {}
    short: list[BudgetTooSmall] = []
    for name, timing in effective.experiments.items():
        try:
            made[name] = known_experiments[name].plan(timing, seed)
        except BudgetTooSmall as error:
            short.append(error)
    if not short:
        return made
    if budget_s is None:
        raise short[0]
    needed_s = budget_s * max(error.needed_s / error.budget_s for error in short)
    raise UsageError(
        f"--budget {budget_s:g} is too small for {_listed(effective.experiments)}: what each needs at least takes "
        f"--budget {ceil(needed_s)}, or choose fewer experiments with --only."
    )


def _locustfile(loaded: spec.Spec, path: Path | None) -> Path:
    """A spec names its Locust file from its own folder, or from the checkout."""
    folders = [ROOT] if path is None else [path.absolute().parent, ROOT]
    named = Path(loaded.workload.locustfile)
    for folder in folders:
        if (folder / named).is_file():
            return folder / named
    raise UsageError(f"{path or DEFAULT_SPEC}: there is no Locust file {named} in {' or '.join(map(str, folders))}.")


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)
