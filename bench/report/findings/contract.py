"""What both APIs answer alike, which operations are there twice, and which errors have another shape."""

from collections.abc import Iterator

from bench.model import ExperimentRecord, Role
from bench.report import words

SHOWN = 5


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """A sentence for each part of the contract, with the first exceptions."""
    parity = experiment.facts.get("parity")
    if parity:
        alike = parity["asked"] - parity["different"]
        yield (
            f"{alike} of {parity['asked']} recorded requests are answered alike, setting aside what was changed on "
            f"purpose: {'; '.join(parity['rules'].values())}."
        )
        for one in parity["shown"]:
            yield f"Not alike: {one['request']}{f' ({why})' if (why := one.get('why')) else ''}."
    for role in (Role.BASELINE, Role.CANDIDATE):
        found = experiment.facts.get("duplicates", {}).get(role)
        if found:
            named = ", ".join(found["pairs"]) or "none"
            rest = found["routes"] - found.get("compared", found["routes"])
            unasked = f"; {rest} write or gave no answer, and were not compared" if rest else ""
            yield f"{role}, of {found['routes']} operations those that are there twice: {named}{unasked}."
        told = experiment.facts.get("errors", {}).get(role)
        if told:
            share = words.percent(1 - len(told["bad"]) / told["asked"])
            shown = f" Others, such as: {'; '.join(told['bad'][:SHOWN])}." if told["bad"] else ""
            yield f"{role}, of {told['asked']} provoked errors {share} have the one shape.{shown}"
