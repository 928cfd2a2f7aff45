"""From a TOML file to a checked Spec, with errors that name file, line and the nearest valid name."""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bench.errors import UsageError
from bench.spec.model import ExperimentSpec, GateSpec, Spec


@dataclass(frozen=True, slots=True)
class Known:
    """The names that exist, told by the packages that own them."""

    experiments: Collection[str]
    criteria: Collection[str]
    knobs: Collection[str]


LEAVE_OUT = "leave_out"
"""The key of `[quick]` that lists experiments."""
IN_TURNS = "response_time"
"""The experiment whose arms may take turns in their slots."""
FEWEST_TURNS = 4
GATE = "gate"
"""The table that `load_gate` reads."""


def load(path: Path, known: Known, *, quick: bool = False) -> Spec:
    """Read and check a spec; with `quick`, its `[quick]` tables replace what they name.

    Raises UsageError for a file that is missing or not TOML, an unknown key, experiment, criterion or
    knob, and a value out of bounds.
    """
    source = _Source.read(path)
    spec = source.check(source.data)
    if quick:
        spec = source.check(source.quick(spec.quick), prefix=("quick",))
    source.names("experiments", spec.experiments, known.experiments, "experiment")
    source.names("criteria", spec.criteria, known.criteria, "criterion")
    for role, arm in spec.arms.items():
        source.names(f"arms.{role}.set", arm.set, known.knobs, "knob")
    source.turns(spec.experiments)
    source.gate(spec.gate, known)
    return spec


def load_gate(path: Path, known: Known) -> GateSpec:
    """Read the `[gate]` table of a spec, or of a file that holds nothing else.

    Raises UsageError as `load` does, and where there is no such table.
    """
    source = _Source.read(path)
    if GATE not in source.data:
        raise UsageError(f"{path} has no table [{GATE}]; see README.md for what it may say.")
    if source.data.keys() != {GATE}:
        return load(path, known).gate
    try:
        gate = GateSpec.model_validate(source.data[GATE])
    except ValidationError as error:
        raise source.complaint(error, GateSpec, prefix=(GATE,)) from error
    source.gate(gate, known)
    return gate


def nearest(name: str, valid: Collection[str]) -> str:
    """A hint that completes an error: the nearest valid name, or all of them."""
    close = difflib.get_close_matches(name, valid, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"valid are {', '.join(sorted(valid))}."


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    text: str
    data: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "_Source":
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise UsageError(f"the spec {path} cannot be read ({reason}).") from error
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"the spec {path} is not valid TOML: {error}.") from error

    def check(self, data: dict[str, Any], prefix: tuple[str, ...] = ()) -> Spec:
        try:
            return Spec.model_validate(data)
        except ValidationError as error:
            raise self.complaint(error, Spec, prefix) from error

    def complaint(self, error: ValidationError, model: type[BaseModel], prefix: tuple[str, ...] = ()) -> UsageError:
        first = error.errors()[0]
        keys = tuple(str(part) for part in first["loc"] if part != "[key]")
        where = self._where(keys, prefix)
        if first["type"] == "extra_forbidden":
            return UsageError(f"{where}: unknown key `{keys[-1]}`; {nearest(keys[-1], _keys_of(model, keys[:-1]))}")
        return UsageError(f"{where}: `{'.'.join(keys)}`: {first['msg'].lower()}.")

    def gate(self, gate: GateSpec, known: Known) -> None:
        self.names(f"{GATE}.criteria", gate.criteria or (), known.criteria, "criterion")
        self.names(f"{GATE}.comparisons", gate.comparisons, known.experiments, "experiment")

    def turns(self, experiments: Mapping[str, ExperimentSpec]) -> None:
        """Arms take turns under load alone, and a few of them in each slot."""
        for name, timing in experiments.items():
            where = self._where(("experiments", name, "turn_s"))
            if timing.turn_s and name != IN_TURNS:
                raise UsageError(f"{where}: arms take turns in {IN_TURNS} alone; leave turn_s out.")
            if FEWEST_TURNS * timing.turn_s > timing.slot_s:
                raise UsageError(
                    f"{where}: turns of {timing.turn_s:g} s need slots of {FEWEST_TURNS * timing.turn_s:g} s at least, "
                    f"and slot_s is {timing.slot_s:g}."
                )

    def quick(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The data with what `[quick]` replaces, and without the experiments that it leaves out."""
        left_out = changes.get(LEAVE_OUT, ())
        self.names(f"quick.{LEAVE_OUT}", left_out, self.data.get("experiments", {}), "experiment")
        merged = _merged(self.data, {key: value for key, value in changes.items() if key != LEAVE_OUT})
        return {**merged, "experiments": {k: v for k, v in merged["experiments"].items() if k not in left_out}}

    def names(self, table: str, used: Collection[str], valid: Collection[str], what: str) -> None:
        for name in used:
            if name not in valid:
                where = self._where((*table.split("."), name))
                raise UsageError(f"{where}: unknown {what} `{name}`; {nearest(name, valid)}")

    def _where(self, keys: tuple[str, ...], prefix: tuple[str, ...] = ()) -> str:
        line = self._line((*prefix, *keys)) or self._line(keys)
        return f"{self.path}:{line}" if line else str(self.path)

    def _line(self, keys: tuple[str, ...]) -> int | None:
        """The line on which a key stands: tomllib tells no positions, and a key is a header or a `key =`."""
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), start=1):
            if header := re.match(r"\s*\[([^\[\]]+)\]", line):
                table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
                if table == keys:
                    return number
            elif assignment := re.match(r"""\s*([\w."'-]+)\s*=""", line):
                full = (*table, *(part.strip("\"'") for part in assignment[1].split(".")))
                inline = full == keys[: len(full)] and re.search(rf"\b{re.escape(keys[-1])}\b", line)
                if full == keys or inline:
                    return number
        return None


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {key: value for key, value in base.items() if key != "quick"}
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _keys_of(model: Any, path: tuple[str, ...]) -> list[str]:
    """The keys that the table at `path` of a model may have."""
    for key in path:
        # A key of a model is one of its fields; a key of a dict leads to the dict's values.
        model = model.model_fields[key].annotation if _is_model(model) else _values_type(model)
    return list(model.model_fields) if _is_model(model) else []


def _values_type(annotation: Any) -> Any:
    return get_args(annotation)[1] if get_origin(annotation) is dict else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
