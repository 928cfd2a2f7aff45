"""A run, or files of pytest-benchmark, held against a policy: what `perflab gate` does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench import judge
from bench.errors import StoreError, UsageError
from bench.judge import against as two_runs
from bench.judge import rounds
from bench.judge.floors import Floors
from bench.lab.options import known, located
from bench.lab.setting import SPEC_FILE, settings, stored_spec
from bench.model import BenchmarkFile, Gate, Policy, RunRecord, machine
from bench.model.gate import rule
from bench.spec import load_gate
from bench.store.calibration import floors
from bench.store.kinds import Run, StoredComparison, Subject, read_subject

_COMPARED = TypeAdapter(judge.Compared)


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of `perflab gate`."""

    subjects: tuple[str, ...]
    against: tuple[str, ...] = ()
    policy: Path | None = None
    """A spec, or a file with the table `[gate]`; else the spec that the run was made with."""
    rules: tuple[str, ...] = ()


def gate(asked: Asked) -> Gate:
    """Judge what was asked for.

    Raises StoreError for what cannot be read, UsageError for what must not be compared.
    """
    subjects = [read_subject(located(name)) for name in asked.subjects]
    olds = [read_subject(located(name)) for name in asked.against]
    if twice := {located(name).resolve() for name in asked.subjects} & {located(n).resolve() for n in asked.against}:
        raise UsageError(f"{twice.pop()} cannot be held against itself; give an older run or file.")
    files = [one for one in (*subjects, *olds) if isinstance(one, BenchmarkFile)]
    if not files:
        return _gate_run(subjects, olds, asked)
    if len(files) < len(subjects) + len(olds):
        raise UsageError("A run and a file of pytest-benchmark cannot be held against each other; give two of a kind.")
    return _gate_files(files[: len(subjects)], files[len(subjects) :], asked)


def _gate_run(subjects: Sequence[Subject], olds: Sequence[Subject], asked: Asked) -> Gate:
    if len(subjects) > 1 or len(olds) > 1:
        raise UsageError("One run is judged at a time, against one other; several files may be pytest-benchmark's.")
    if asked.rules:
        raise UsageError("--fail is for files of pytest-benchmark; a run is judged by the criteria of its spec.")
    subject = subjects[0]
    path = subject.path if isinstance(subject, Run | StoredComparison) else Path()
    record = _record(subject)
    compared = _compared(subject) if isinstance(subject, StoredComparison) else None
    old = _record(olds[0]) if olds else None
    if old is not None and (reason := two_runs.refusal(record, old)):
        raise UsageError(reason)
    folder = path.resolve().parent
    if olds and (reason := _other_setting(folder, located(asked.against[0]))):
        raise UsageError(reason)
    return judge.gate_run(record, _policy(asked, folder), _floors(folder.parent, record), compared=compared, old=old)


def _other_setting(new: Path, against: Path) -> str:
    """Why the two runs are not of one kind; empty when they are."""
    old = (against.parent if against.suffix == ".json" else against).resolve()
    here, there = settings(new), settings(old)
    for name in here.keys() & there.keys():
        if here[name] != there[name]:
            return f"{name} was measured with {here[name]} in {new.name}, with {there[name]} in {old.name}."
    return ""


def _gate_files(new: Sequence[BenchmarkFile], old: Sequence[BenchmarkFile], asked: Asked) -> Gate:
    if not old:
        raise UsageError("A file of pytest-benchmark is judged against another one: name it with --against FILE.")
    if reason := rounds.refusal(new, old):
        raise UsageError(reason)
    policy = load_gate(asked.policy, known()).policy() if asked.policy else Policy()
    return judge.gate_rounds(new, old, _with_rules(policy, asked.rules), None)


def _with_rules(policy: Policy, texts: Sequence[str]) -> Policy:
    """Rules of the command line come after those of the policy, and so count where both fit."""
    try:
        return replace(policy, fail=(*policy.fail, *map(rule, texts)))
    except ValueError as error:
        raise UsageError(f"--fail: {error}.") from error


def _policy(asked: Asked, folder: Path) -> Policy:
    if asked.policy is not None:
        return load_gate(asked.policy, known()).policy()
    # The answer of a comparison, and a run of arms that no spec describes, stand without one.
    return stored_spec(folder).gate.policy() if (folder / SPEC_FILE).exists() else Policy()


def _floors(reports: Path, record: RunRecord) -> Floors | None:
    return floors(reports, machine(record.environment))


def _record(subject: Subject) -> RunRecord:
    if isinstance(subject, Run):
        return subject.record
    if isinstance(subject, StoredComparison) and subject.run is not None:
        return subject.run
    raise UsageError("The answer of a comparison is judged from its run folder: give that, such as reports/latest.")


def _compared(subject: StoredComparison) -> judge.Compared:
    try:
        return _COMPARED.validate_python(subject.found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{subject.path} is damaged at `comparison.{where}`: {first['msg'].lower()}.") from error
