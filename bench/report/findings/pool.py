"""How many connections the load needs, and why a high utilisation alone is no virtue."""

from collections.abc import Iterator

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
    best = each[recommended(slots, sizes)]
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
        yield (
            f"{name_of(size)}: {words.percent(found.utilisation.estimate)} utilised, "
            f"{words.percent(found.efficiency.estimate)} efficient, {words.percent(found.chance_to_wait)} of checkouts "
            f"waited (Erlang C at {found.load:.2f} erlangs: {words.percent(found.predicted_chance)}), mean latency "
            f"{words.seconds(found.mean_s)}."
        )
    wrong = [name_of(size) for size, found in each.items() if abs(found.little - 1) > LITTLE]
    yield (
        f"Little's law does not hold for {', '.join(wrong)}: their counters are not to be believed."
        if wrong
        else "Little's law holds in all: the mean number in the pool is arrival rate times mean time."
    )
    yield (
        "Utilisation alone is no virtue: it is load divided by size, so any pool is made busy by making it too small, "
        "and what it gains is paid by those who wait."
    )
