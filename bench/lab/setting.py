"""Under which setting an experiment was measured: figures of two settings must never be mixed.

A quick run has the name of its spec, a smaller corpus and shorter slots; its ratios are others.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import StoreError
from bench.spec import Spec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from bench.spec import ExperimentSpec

SPEC_FILE = "spec.json"
"""The effective spec of a run, kept in its folder: a run must be judged by the claims it was made for."""


def stored_spec(folder: Path) -> Spec:
    """The spec that a stored run was made with.

    Raises StoreError when it is missing or damaged.
    """
    try:
        return Spec.model_validate_json((folder / SPEC_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / SPEC_FILE} is missing or damaged; the run cannot be judged again.") from error


def settings(folder: Path) -> Mapping[str, str]:
    """The setting of each experiment of a stored run, in words with a mark for what the words leave out.

    Empty for a run that no spec describes. Raises StoreError when the spec is damaged. How long a run may take, which
    experiments it has and by what it is judged are no part of a setting.
    """
    if not (folder / SPEC_FILE).exists():
        return {}
    spec = stored_spec(folder)
    # The Locust file by its name: the same one stands elsewhere in another checkout.
    workload = spec.workload.model_copy(update={"locustfile": Path(spec.workload.locustfile).name})
    # Without defaults: a key that a later version adds does not begin a new series.
    parts: dict[str, BaseModel] = {"corpus": spec.corpus, "workload": workload, **dict(spec.arms.items())}
    whole = {name: part.model_dump(exclude_defaults=True) for name, part in parts.items()}

    def mark(timing: "ExperimentSpec") -> str:
        said = [whole, timing.discard_s, *([timing.turn_s] if timing.turn_s else [])]
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:4]

    return {
        name: f"{spec.corpus.documents:,} documents, slots of {timing.slot_s:g} s, {mark(timing)}"
        for name, timing in spec.experiments.items()
    }


def basis(folder: Path) -> str:
    """What all arms of a stored run had in common, in words; empty for a run that no spec describes."""
    if not (folder / SPEC_FILE).exists():
        return ""
    spec = stored_spec(folder)
    return (
        f"{spec.corpus.documents:,} documents and the requests of {Path(spec.workload.locustfile).name} "
        f"({spec.workload.arrivals} arrivals at {spec.workload.load:.0%} of what the slower arm holds)"
    ).replace("%", " %")
