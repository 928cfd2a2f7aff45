"""Under which setting an experiment was measured: figures of two settings must never be mixed.

A quick run has the name of its spec, a smaller corpus and shorter slots; its ratios are others.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bench.lab.again import SPEC_FILE, stored_spec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from bench.spec import ExperimentSpec


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
