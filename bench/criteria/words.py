"""A claim's units as people read them."""


def shown(value: float, unit: str) -> str:
    """A value: 0.2 `fraction` is `20.0%`, 0.005 `s` is `5.00 ms`."""
    if unit == "fraction":
        return f"{value:.1%}"
    if unit == "s":
        return f"{value * 1e3:.2f} ms"
    if unit == "count":
        return f"{value:g}"
    return f"{value:.3f}"


def distance(value: float, unit: str) -> str:
    """A difference: between fractions it is percentage points, for a percent of a percent misleads."""
    return f"{value * 100:.1f} points" if unit == "fraction" else shown(value, unit)
