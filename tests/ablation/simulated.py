"""The facts of an ablation whose truth is known."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.ablation import Layout

Truth = Callable[[frozenset[str]], float]
"""The log of the mean latency with these knobs on."""


def additive(effects: Mapping[str, float], between: Mapping[frozenset[str], float] | None = None) -> Truth:
    """Each knob adds its own; `between` is what some add together, when all of them are on."""
    together = between or {}

    def truth(on: frozenset[str]) -> float:
        return sum(effects[knob] for knob in on) + sum(value for pair, value in together.items() if pair <= on)

    return truth


def facts(layout: Layout, truth: Truth, *, noise: float = 0.0, drift: float = 0.0, seed: int = 1) -> dict[str, Any]:
    """As the experiment stores them. Noise is of one slot's log, drift of the whole run's."""
    drawn, slots = random.Random(seed), []
    count = sum(map(len, layout.orders))
    for block, order in enumerate(layout.orders):
        weather = drawn.gauss(0, 0.2)
        for number in order:
            arm = layout.arms[number]
            log = truth(arm.on) + weather + drift * len(slots) / count + drawn.gauss(0, noise)
            slots.append({"block": block, "arm": arm.name, "mean": float(np.exp(log)), "n": 20, "errors": 0})
    return {"layout": layout.stored(), "slots": slots}
