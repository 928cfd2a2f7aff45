"""Neighbouring slots to pairs: the unit of every analysis."""

from collections.abc import Mapping, Sequence

from bench.model import CONTROL, MAIN, Comparison, Role, SlotRecord

Triple = Mapping[Role, SlotRecord]


def triples(slots: Sequence[SlotRecord]) -> tuple[Triple, ...]:
    """The complete triples in the order of their numbers; one that was cut off is left out.

    Complete is a triple that has every role of the experiment: an experiment without a control arm has
    triples of two.
    """
    roles = {record.slot.role for record in slots}
    by_number: dict[int, dict[Role, SlotRecord]] = {}
    for record in slots:
        by_number.setdefault(record.slot.triple, {})[record.slot.role] = record
    return tuple(by_number[number] for number in sorted(by_number) if by_number[number].keys() == roles)


def comparisons(found: Sequence[Triple]) -> tuple[Comparison, ...]:
    """The comparisons that the triples allow, the main one first."""
    roles = set(found[0]) if found else set()
    return tuple(each for each in (MAIN, CONTROL) if {each.numerator, each.denominator} <= roles)
