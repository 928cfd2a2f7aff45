"""Was each arm what the plan says?

A live arm is held against its plan before every block, and an unexpected one stops the run; this check
holds what was recorded, so that a stored run cannot be judged with its arms mixed up.
"""

from bench.checks.arms import by_role, unwell, well
from bench.checks.loaded import in_facts
from bench.model import ArmRecord, ExperimentRecord, Finding, Role

NAME = "identity"


def check(experiment: ExperimentRecord) -> Finding:
    """Every arm that was loaded is on record, each role's under its own name; the control is the baseline's twin."""
    arms = {arm.role: arm for arm in experiment.arms}
    for role, slots in by_role(experiment).items():
        arm = arms.get(role)
        if arm is None:
            return unwell(NAME, f"The {role} was loaded but never told what it is; measure again.")
        strangers = sorted({slot.arm for slot in slots} - {arm.name})
        if strangers:
            return unwell(
                NAME, f"Slots of the {role} were measured on {strangers[0]} instead of {arm.name}; measure again."
            )
    known = {arm.name for arm in experiment.arms} | set(experiment.facts.get("arms", ()))
    for name in sorted({slot.arm for slot in in_facts(experiment)} - known - {""}):
        return unwell(NAME, f"{name} was loaded but never told what it is; measure again.")
    return _twins(arms.get(Role.BASELINE), arms.get(Role.CONTROL))


def _twins(baseline: ArmRecord | None, control: ArmRecord | None) -> Finding:
    if baseline is None or control is None:
        return well(NAME)
    for what in ("config_hash", "knobs", "database"):
        ours, theirs = getattr(baseline, what), getattr(control, what)
        if ours != theirs:
            return unwell(
                NAME,
                f"The control differs from the baseline in {what} ({theirs or 'none'} instead of {ours or 'none'}), "
                "so it controls nothing; start both from the same settings.",
            )
    return well(NAME)
