"""What differs between the arms of an experiment, in words: a report on before and after must say what was changed."""

from collections.abc import Iterator, Mapping, Sequence

from bench.model import ArmRecord, ExperimentRecord, Role, RunRecord

FEW = 3
"""More knobs than these are named once, at the top of the report."""
MARK = 8
"""So many digits tell one configuration hash from the others of a run."""


def between(record: RunRecord, basis: str = "") -> str:
    """From what to what the run's candidate was changed, and on which basis it was measured; empty if nothing is known.

    `basis` is what all arms had in common: the documents and the requests.
    """
    said = [f"Changed: {found}." for found in [_knobs_between(record)] if found]
    return " ".join([*said, *([f"Measured with {basis}."] if basis else [])])


def arms(experiment: ExperimentRecord) -> list[tuple[str, str]]:
    """Who the arms are, as pairs of name and value: by their own names, each beside what it alone has."""
    if not experiment.arms:
        return []
    differing = _differing([arm.knobs for arm in experiment.arms])
    alike: dict[tuple[str, ...], list[ArmRecord]] = {}
    for arm in experiment.arms:
        alike.setdefault((*_states(arm, differing), arm.config_hash), []).append(arm)
    groups = "; ".join(_described(group, differing) for group in alike.values())
    commands = dict.fromkeys(arm.command for arm in experiment.arms if arm.command)
    return [("Arms", groups), *([("Started with", "; ".join(commands))] if commands else [])]


def _knobs_between(record: RunRecord) -> str:
    """Of the first experiment that holds one candidate against one baseline."""
    for experiment in record.experiments.values():
        roles = [arm.role for arm in experiment.arms]
        if (roles.count(Role.BASELINE), roles.count(Role.CANDIDATE)) == (1, 1):
            before, after = (experiment.arms[roles.index(role)] for role in (Role.BASELINE, Role.CANDIDATE))
            ways: dict[str, list[str]] = {}
            for knob in _differing([before.knobs, after.knobs]):
                ways.setdefault(f"from {before.knobs.get(knob)} to {after.knobs.get(knob)}", []).append(knob)
            return "; ".join(f"{', '.join(knobs)} {way}" for way, knobs in ways.items())
    return ""


def _differing(states: Sequence[Mapping[str, str]]) -> list[str]:
    """The knobs that do not stand alike in all of them."""
    knobs = dict.fromkeys(knob for each in states for knob in each)
    return [knob for knob in knobs if len({each.get(knob) for each in states}) > 1]


def _states(arm: ArmRecord, knobs: Sequence[str]) -> Iterator[str]:
    return (arm.knobs.get(knob, "") for knob in knobs)


def _described(group: Sequence[ArmRecord], differing: Sequence[str]) -> str:
    first, names = group[0], " and ".join(arm.name or str(arm.role) for arm in group)
    by_state: dict[str, list[str]] = {}
    for knob, state in zip(differing, _states(first, differing), strict=True):
        by_state.setdefault(state, []).append(knob)
    knobs = ", ".join(_stand(those, state) for state, those in by_state.items() if state)
    mark = f"configuration {first.config_hash[:MARK]}" if first.config_hash else ""
    return f"{names} ({', '.join(filter(None, (knobs, mark)))})" if knobs or mark else names


def _stand(knobs: Sequence[str], state: str) -> str:
    return f"{' and '.join(knobs)} {state}" if len(knobs) <= FEW else f"{len(knobs)} changed knobs {state}"
