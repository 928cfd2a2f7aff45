"""The interval of a share of which k of n were counted, exact by Clopper and Pearson.

It holds at least what it promises for every n, zero of n included, where it says "at most about 3.7 of n": nothing seen
is not nothing there. Sources: Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26 (1934);
Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249 (1983), for the rule of three, which
is its one-sided bound.
"""

from bench.stats.interval import Interval


def share(counted: int, of: int, *, alpha: float) -> Interval:
    """The share with its interval of confidence `1 - alpha`.

    Raises ValueError unless `0 <= counted <= of` and something was looked at.
    """
    if not 0 <= counted <= of or of == 0:
        raise ValueError(f"{counted} of {of} is no share")
    from scipy.special import betaincinv

    low = 0.0 if counted == 0 else float(betaincinv(counted, of - counted + 1, alpha / 2))
    high = 1.0 if counted == of else float(betaincinv(counted + 1, of - counted, 1 - alpha / 2))
    return Interval(counted / of, low, high, 1 - alpha)
