"""What a breaker's configuration says of a stay in one state: its window, how many calls it takes, how long it is."""

import math
import random

from service.resilience.config import BreakerConfig
from service.resilience.state import REJECTING, CircuitState
from service.resilience.windows import CountWindow, NoWindow, ProbeWindow, TimeWindow, Window


def window(state: CircuitState, config: BreakerConfig) -> Window:
    """An empty window for the calls of the stay."""
    if state is CircuitState.DISABLED:
        return NoWindow()
    minimum = fewest_to_judge(state, config)
    if state is CircuitState.HALF_OPEN:
        return ProbeWindow(config.half_open_calls, minimum)
    if config.window_s is not None:
        return TimeWindow(config.window_s, minimum)
    return CountWindow(config.window_calls, minimum)


def permits(state: CircuitState, config: BreakerConfig) -> float:
    """How many calls may go through; infinite for all."""
    if state in REJECTING:
        return 0
    return config.half_open_calls if state is CircuitState.HALF_OPEN else math.inf


def fewest_to_judge(state: CircuitState, config: BreakerConfig) -> int:
    """Fewer calls decide nothing; never more than the window holds."""
    if state is CircuitState.HALF_OPEN:
        return min(config.minimum_calls, config.half_open_calls)
    if config.window_s is None:
        return min(config.minimum_calls, config.window_calls)
    return config.minimum_calls


def longest_s(state: CircuitState, config: BreakerConfig, jitter: random.Random) -> float:
    """After so long the stay ends by itself, at the next call; infinite where it does not."""
    if state is CircuitState.OPEN:
        share = jitter.uniform(1 - config.recovery_jitter, 1 + config.recovery_jitter)
        return config.recovery_timeout_s * share
    return config.half_open_wait_s if state is CircuitState.HALF_OPEN else math.inf


def retry_after_s(state: CircuitState, config: BreakerConfig, longest_s: float) -> float:
    """What a call rejected at the beginning of the stay is told to wait."""
    if state is CircuitState.HALF_OPEN and longest_s == math.inf:
        # Nobody knows when probes without a deadline will have decided; the wait of an open circuit is a fair guess.
        return config.recovery_timeout_s
    return longest_s
