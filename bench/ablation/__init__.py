"""What each knob contributes: which combinations of knobs are measured, and what follows from the times.

layout     the arms, their order and the fraction of the factorial that a budget holds
reading    from stored facts to what each knob brings alone, what its absence costs, its bar and its partners
costs      from stored facts to what the knobs cost: writes, index sizes, memory

Pure: the experiment `ablation` measures, and stores plain facts that can be read again without a server.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bench.ablation.costs import Costs
from bench.ablation.layout import Arm, Family, Layout, layout
from bench.ablation.reading import Contribution, Interaction, Reading, read

__all__ = ["Arm", "Contribution", "Costs", "Family", "Interaction", "Layout", "Reading", "found", "layout", "read"]


def found(facts: Mapping[str, Any]) -> dict[str, Any]:
    """All that the stored facts say, as plain JSON; `contributions` is None where too little was measured."""
    reading = read(facts)
    return {"contributions": None if reading is None else asdict(reading), "costs": asdict(Costs.read(facts))}
