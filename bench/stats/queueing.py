"""Waiting for one of several servers: what theory says, to stand beside what was measured."""


def erlang_c(servers: int, load: float) -> float:
    """The probability that an arrival has to wait, in M/M/c: Poisson arrivals, exponential service, one queue.

    `load` is arrivals per second times mean service seconds, in erlangs; from `servers` on everybody waits. By the
    recursion of Erlang's B. Source: Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, section 3.3.

    Raises ValueError for fewer than one server or a negative load.
    """
    if servers < 1 or load < 0:
        raise ValueError(f"{servers} servers and a load of {load} make no queue")
    if load >= servers:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, load: float, service_s: float) -> float:
    """Mean seconds of waiting in M/M/c, those who do not wait included; infinite from full load on."""
    if load >= servers:
        return float("inf")
    return erlang_c(servers, load) * service_s / (servers - load)
