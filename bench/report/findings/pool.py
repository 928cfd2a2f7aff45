"""How many connections the load needs, and why a high utilisation alone is no virtue."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.criteria.pool_scaling import at_loads, saturated
from bench.criteria.pooling import enough, gain, name_of, recommended, sized
from bench.model import ExperimentRecord
from bench.report import words

LITTLE = 0.05
"""How far Little's law may be missed before the run says so."""


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """The recommendation with its evidence, what theory says, and how to read utilisation."""
    slots, sizes = experiment.facts.get("slots", ()), experiment.facts.get("sizes", ())
    if not enough(slots):
        return
    each = {size: sized(slots, size) for size in sizes}
    best = each[recommended(slots, sizes)].counted
    ratio = gain(slots, best.size)
    asked, listed = f"{experiment.facts['rate']:.0f} requests/s", ", ".join(map(str, sizes))
    service = words.seconds(best.service_s)
    if best.wait_p99_s <= best.service_s:
        yield (
            f"{best.size} connections are enough at {asked}: the smallest size of {listed} with 99 % of the waits "
            f"within one service time ({words.seconds(best.wait_p99_s)} and {service})."
        )
    else:
        yield f"None of {listed} connections keeps 99 % of the waits within one service time ({service}) at {asked}."
    if overloaded := experiment.facts.get("overloaded"):
        yield f"Too small to hold the load at all, and left out: {', '.join(overloaded)}."
    cores = experiment.facts.get("cores")
    if cores:
        yield f"HikariCP's formula, 2 x cores + 1, says {2 * cores + 1}."
    yield (
        f"Against asyncpg's own pool with its reset: {words.change(ratio.estimate)} (95 % interval: "
        f"{words.change(ratio.low)} to {words.change(ratio.high)}), mean latency."
    )
    for size, found in each.items():
        counted = found.counted
        yield (
            f"{name_of(size)}: {words.percent(found.utilisation.estimate)} utilised, "
            f"{words.percent(found.efficiency.estimate)} efficient, {words.percent(counted.chance_to_wait)} of "
            f"checkouts waited (Erlang C at {counted.load:.2f} erlangs: {words.percent(counted.predicted_chance)}), "
            f"mean latency {words.seconds(counted.mean_s)}."
        )
    yield from _beyond(experiment.facts)
    wrong = [name_of(size) for size, found in each.items() if abs(found.counted.little - 1) > LITTLE]
    yield (
        f"Little's law does not hold for {', '.join(wrong)}: their counters are not to be believed."
        if wrong
        else "Little's law holds in all: the mean number in the pool is arrival rate times mean time."
    )
    yield (
        "Utilisation alone is no virtue: it is load divided by size, so any pool is made busy by making it too small, "
        "and what it gains is paid by those who wait."
    )


def _beyond(facts: Mapping[str, Any]) -> Iterator[str]:
    """Other loads, and where more connections stop to help."""
    for rate, size in at_loads(facts):
        yield f"At {rate:.0f} requests/s the same rule says {size}."
    found = saturated(facts)
    if found is None:
        return
    law, most = found.law, max(found.sizes)
    top = f"With {facts['saturation']['users']} users who never pause"
    if law.knee_low >= most:
        yield f"{top} every size up to {most} holds as much as the last or more: no knee among them (USL)."
        return
    reach = f"{law.knee_low:.1f} to {law.knee_high:.1f}" if law.knee_high <= most else f"{law.knee_low:.1f} or more"
    yield (
        f"{top} the pool holds most at {law.knee:.1f} connections (95 % interval: {reach}) by the Universal "
        f"Scalability Law, {law.throughput(law.knee):.0f} checkouts/s; contention {words.percent(law.sigma)}, "
        f"coherency {100 * law.kappa:.2g} %."
    )
