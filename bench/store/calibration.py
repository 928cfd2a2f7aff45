"""Calibration cards: the smallest slowdown that a machine has been shown to find, by metric.

`reports/calibration/<machine>.json` holds `{"metrics": {"p50": {"floor": 0.04, ...}, ...}, ...}`; other keys are the
business of whoever wrote them. A floor of null: no slowdown tried was found often enough.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bench.errors import StoreError
from bench.model.calibration import Card

VERSION = 1
FOLDER = "calibration"

_METRICS = TypeAdapter(dict[str, dict[str, Any]])
_CARD = TypeAdapter(Card)


def place(reports: Path, machine: str) -> Path:
    """Where the card of a machine is."""
    return reports / FOLDER / f"{machine}.json"


def write(card: Card, reports: Path) -> Path:
    """Write a card in place of an older one, whole or not at all. Raises StoreError."""
    path = place(reports, card.machine)
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(_CARD.dump_json(card, indent=1) + b"\n")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"The calibration card cannot be written to {path}: {error.strerror}.") from error
    return path


def read(path: Path) -> Card:
    """A whole card, with everything it says. Raises StoreError where there is none, or it is damaged."""
    try:
        return _CARD.validate_json(path.read_bytes())
    except OSError as error:
        raise StoreError(f"There is no calibration card {path}; run `perflab calibrate`.") from error
    except ValueError as error:
        raise StoreError(f"The calibration card {path} is damaged; remove it or run `perflab calibrate`.") from error


def floors(reports: Path, machine: str) -> Mapping[str, float] | None:
    """The floor of each metric that was calibrated on this machine; infinite where no slowdown tried was found.

    None where the machine was not calibrated. Raises StoreError for a card that is damaged: a gate must not fall back
    to believing everything.
    """
    card = kept(reports, machine)
    return None if card is None else {metric: math.inf if floor is None else floor for metric, floor in card.items()}


def kept(reports: Path, machine: str) -> Mapping[str, float | None] | None:
    """The floors as the card has them, None where no slowdown tried was found often enough.

    None where there is no card. Raises StoreError for one that is damaged.
    """
    path = place(reports, machine)
    try:
        text = path.read_bytes()
    except OSError:
        return None
    try:
        metrics = _METRICS.validate_python(json.loads(text)["metrics"])
        return {name: None if card["floor"] is None else float(card["floor"]) for name, card in metrics.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The calibration card {path} is damaged; remove it or run `perflab calibrate`.") from error
