"""From the notation of an arm to how it is started: revisions checked out, environments made, specs read."""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import environ, pathsep
from pathlib import Path

from bench import spec as specs
from bench.errors import UsageError
from bench.experiments.contestants import Description
from bench.lab.caches import CACHE
from bench.lab.matches import Match
from bench.lab.opening import arm_knobs
from bench.lab.options import DEFAULT_SPEC, SPECS, known
from bench.lifetime import Custody
from bench.spec import PROJECT_FILE, Corpus, Project, Spec, read_project
from bench.subject import KNOBS, REFERENCE, Command, setting
from bench.subject.notation import CommandArm, KnobsArm, RevisionArm, SpecArm, UrlArm, command, parse
from bench.subject.packages import LockFile, environment, lock_file, variables
from bench.subject.revision import Revision, repository, resolve

READY = "/health/ready"
"""Of the reference service."""
DOCUMENTS = 20_000
"""Where no spec says how many."""
DATABASE, REDIS = "{database_url}", "{redis_url}"


@dataclass(frozen=True, slots=True)
class Source:
    """How an arm is started; its command may hold {port}, {database_url} and {redis_url}."""

    described: Description
    command: Command | None = None
    url: str = ""
    knobs: Mapping[str, str] | None = None
    """Of a reference service of this checkout, whose command follows from them."""
    module: str = REFERENCE
    """What is run of a reference service of this checkout."""
    corpus: Corpus | None = None
    """What a reference service's database holds."""
    migrate: Command | None = None
    """Brings a copy of the database to the schema of the source's own revision."""
    project: Project = field(default_factory=Project)

    @property
    def is_reference(self) -> bool:
        """Whether it is the reference service, of this checkout or of a revision of it."""
        return self.corpus is not None

    @property
    def needs_servers(self) -> bool:
        """Whether it asks for a throwaway PostgreSQL or Redis."""
        words = [] if self.command is None else [*self.command.arguments, *self.command.environment.values()]
        return self.is_reference or any(DATABASE in word or REDIS in word for word in words)


def read(match: Match, custody: Custody) -> tuple[Source, Source]:
    """The baseline and the candidate; revisions are checked out in `custody`.

    Raises UsageError for an arm that cannot be, and where both are one and the same; SubjectError when an
    environment cannot be made.
    """
    arms = [parse(match.baseline, "baseline", KNOBS), parse(match.candidate, "candidate", KNOBS)]
    shown = (match.baseline, match.candidate)
    revisions = [
        resolve(repository(match.folder), arm.revision) if isinstance(arm, RevisionArm) else None for arm in arms
    ]
    locks = _locks(revisions, match.folder)
    sources = []
    for arm, name, revision, lock in zip(arms, shown, revisions, locks, strict=True):
        match arm:
            case CommandArm():
                sources.append(_of_command(arm, name, match.folder))
            case UrlArm():
                described = Description(name, _hash(url=arm.url))
                sources.append(Source(described, url=arm.url))
            case RevisionArm():
                assert revision is not None
                sources.append(_of_revision(revision, name, match, custody, lock))
            case KnobsArm():
                sources.append(_of_knobs(arm.knobs, name, Corpus(documents=DOCUMENTS)))
            case SpecArm():
                sources.append(_of_spec(arm, name))
    baseline, candidate = sources
    if baseline.described.config_hash == candidate.described.config_hash:
        raise UsageError(
            f"{match.baseline} and {match.candidate} are one and the same arm, so there is nothing to compare; "
            "./perflab calibrate measures how often equal arms look different."
        )
    return baseline, candidate


def project_of(folder: Path) -> Project:
    """What the perflab.toml of the work tree one stands in says; nothing where there is none.

    Raises UsageError where it is damaged.
    """
    file = folder / PROJECT_FILE
    return read_project(file.read_bytes(), str(file)) if file.is_file() else Project()


def _of_command(arm: CommandArm, name: str, folder: Path) -> Source:
    made = Command("", arm.arguments, {**_path(), **arm.environment}, folder=folder)
    told = _hash(arguments=arm.arguments, environment=dict(arm.environment), folder=str(folder))
    facts = {"folder": str(folder), "environment": "as perflab was started"}
    return Source(Description(name, told, facts), made)


def _of_revision(revision: Revision, name: str, match: Match, custody: Custody, lock: LockFile | None) -> Source:
    project = _project_in(revision, match)
    worktree = revision.checked_out(custody)
    if lock is None:
        own, beside = _path(), "as perflab was started"
    else:
        own, beside = dict(variables(environment(lock, CACHE / "environments"))), f"{lock.name} {lock.hash}"
    facts = {"commit": f"{revision.short} {revision.subject}", "environment": beside}
    line = match.command or project.command
    if line is None and _is_perflab(revision):
        python = sys.executable if lock is None else "python"
        stands_on = {**own, setting("database_url"): DATABASE, setting("redis_url"): REDIS}
        made = Command("", (python, "-m", "service"), {**stands_on, setting("port"): "{port}"}, folder=worktree)
        migrate = replace(made, arguments=(python, "-m", "service.migrate", "up"), environment=stands_on)
        told = _hash(tree=revision.tree, lock=lock and lock.hash)
        described = Description(name, told, facts)
        return Source(described, made, corpus=Corpus(documents=DOCUMENTS), migrate=migrate, project=project)
    if line is None:
        raise UsageError(
            f"{name}: how is the service of {revision.repository} started? Write a {PROJECT_FILE} with [compare] "
            "command = 'uvicorn app:app --port {port}' there, or give --command."
        )
    arm = command(line, "--command" if match.command else f"command in {PROJECT_FILE}")
    made = Command("", arm.arguments, {**own, **arm.environment}, folder=worktree)
    told = _hash(
        tree=revision.tree, arguments=arm.arguments, environment=dict(arm.environment), lock=lock and lock.hash
    )
    return Source(Description(name, told, facts), made, project=project)


def _project_in(revision: Revision, match: Match) -> Project:
    """The revision's own perflab.toml, or that of the work tree: the file may be younger than the revision."""
    text = revision.file(PROJECT_FILE)
    if text is None:
        return project_of(revision.repository)
    return read_project(text, f"{PROJECT_FILE} of {match.folder.name} at {revision.short}")


def _of_knobs(knobs: Mapping[str, str], name: str, corpus: Corpus) -> Source:
    told = _hash(knobs=dict(knobs), corpus=corpus.model_dump())
    return Source(Description(name, told, {"documents": f"{corpus.documents:,}"}, knobs), knobs=knobs, corpus=corpus)


def _of_spec(arm: SpecArm, name: str) -> Source:
    named = SPECS / f"{arm.spec}.toml"
    loaded = specs.load(named if named.is_file() else Path(arm.spec), known())
    made = _of_knobs(arm_knobs(loaded.arms["baseline" if arm.role == "baseline" else "candidate"]), name, loaded.corpus)
    facts = {**made.described.facts, "spec": f"the {arm.role} of {loaded.name}"}
    return replace(made, described=replace(made.described, facts=facts))


def ground_spec(baseline: Source, candidate: Source) -> Spec:
    """What the databases and the workload of a comparison with a reference service are made from.

    Raises UsageError when the two ask for different documents.
    """
    asked = {source.corpus for source in (baseline, candidate) if source.corpus is not None}
    if len({corpus.model_dump_json() for corpus in asked}) > 1:
        counts = " and ".join(sorted(f"{corpus.documents:,}" for corpus in asked))
        raise UsageError(f"the arms ask for different documents ({counts}); compare arms of specs that load the same.")
    default = specs.load(DEFAULT_SPEC, known())
    # A revision has the tuned database; an arm that is no reference service has none, whatever stands here.
    arms = {
        role: specs.ArmSpec(knobs="off", set={k: v for k, v in source.knobs.items() if v == "on"})
        if source.knobs is not None
        else specs.ArmSpec()
        for role, source in (("baseline", baseline), ("candidate", candidate))
    }
    return default.model_copy(update={"experiments": {}, "arms": arms, "corpus": asked.pop()})


def _locks(revisions: list[Revision | None], folder: Path) -> list[LockFile | None]:
    """The lock files that environments are made from: none where both arms run with the same packages."""
    there = [lock_file(revision.file) for revision in revisions if revision is not None]
    if len(there) == 1:
        top = repository(folder)
        there.append(lock_file(lambda name: (top / name).read_bytes() if (top / name).is_file() else None))
    if len({lock and lock.hash for lock in there}) < len(there):
        return [None for _ in revisions]
    return [None if revision is None else lock_file(revision.file) for revision in revisions]


def _is_perflab(revision: Revision) -> bool:
    return revision.file("service/__main__.py") is not None and revision.file("perflab") is not None


def _path() -> dict[str, str]:
    """The user's PATH, and behind it the lab's own programs: uvicorn is among them."""
    return {"PATH": f"{environ.get('PATH', '')}{pathsep}{Path(sys.prefix) / 'bin'}"}


def _hash(**parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
