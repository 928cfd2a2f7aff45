"""What each kind of error adds on either arm, held against the claim and the goal."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.criteria.catalogue import catalogue
from bench.criteria.error_overhead import GOAL_S, KINDS, blocks_needed, overheads
from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, THRESHOLD, figure
from bench.stats.interval import Interval

ROLES = (Role.BASELINE, Role.CANDIDATE)
LINEAR_S = 1e-5
"""About nothing the axis is linear: a difference may be negative."""


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """An interval for each kind and arm."""
    blocks = experiment.facts.get("blocks", ())
    if len(blocks) < blocks_needed():
        return
    found = {role: overheads(blocks, role) for role in ROLES}
    kinds = [kind for kind in KINDS if any(kind in found[role] for role in ROLES)]
    path = path_of("kinds")
    limit_s = catalogue()[experiment.name].threshold
    with figure(path, 1.5 + 0.36 * len(kinds)) as drawn:
        axes = drawn.subplots()
        for offset, role in zip((-0.14, 0.14), ROLES, strict=True):
            for at, kind in ((at, kind) for at, kind in enumerate(kinds) if kind in found[role]):
                one, colour = found[role][kind], COLOURS[role]
                axes.plot([one.low * 1e3, one.high * 1e3], [at + offset] * 2, color=colour, lw=3, alpha=0.55)
                axes.plot([one.estimate * 1e3], [at + offset], "o", color=colour, ms=5)
            axes.plot([], [], "o-", color=COLOURS[role], label=str(role))
        axes.axvline(limit_s * 1e3, color=THRESHOLD, lw=1.2, ls=(0, (4, 3)), label=f"claim: {words.seconds(limit_s)}")
        axes.axvline(GOAL_S * 1e3, color="#444444", lw=1, ls=":", label=f"goal: {words.seconds(GOAL_S)}")
        axes.set_xscale("symlog", linthresh=LINEAR_S * 1e3)
        axes.set_yticks(range(len(kinds)), kinds)
        axes.invert_yaxis()
        axes.set_xlabel("longer than a request that succeeds, ms")
        drawn.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    yield Figure(
        path=f"figures/{path.name}",
        title="What each kind of error adds",
        alt=f"Slowest kind: {'; '.join(f'{role} {_slowest(found[role])}' for role in ROLES if found[role])}.",
        caption=(
            f"Differences over {len(blocks)} blocks with intervals that hold for all kinds together (Bonferroni). Only "
            "the consolidated API has the kinds from `version` on; what an error waits for before it is one counts."
        ),
    )


def _slowest(kinds: Mapping[str, Interval]) -> str:
    kind, one = max(kinds.items(), key=lambda item: item[1].high)
    return f"{kind}, {words.seconds(one.estimate)}"
