"""The Dockerfile says what it has to; each rule can be broken, and then says so."""

import pytest

from bench.image import ROOT, checks
from bench.image.dockerfile import RULES, stages

GOOD = (ROOT / "Dockerfile").read_text()
BROKEN = {
    "base by digest": [
        ("ARG BASE=python:3.11-slim-bookworm@sha256:", "ARG BASE=python:3.11-slim-bookworm#"),
        ("ARG BASE=", "ARG OTHER="),
    ],
    "base replaceable": [("FROM ${BASE}\nARG", f"FROM python@sha256:{'0' * 64}\nARG")],
    "numeric user": [("USER 10001:10001", "USER service"), ("USER 10001:10001", "USER 0"), ("USER 10001:10001", "")],
    "health check": [
        ('["python", "-m", "service.probe"]', '["curl", "--fail", "http://127.0.0.1:8000/health/ready"]'),
        ('["python", "-m", "service.probe"]', "python -m service.probe"),
        ("HEALTHCHECK --interval=10s", "HEALTHCHECK NONE\n#"),
    ],
    "graceful stop": [('ENTRYPOINT ["python", "-m"]', "ENTRYPOINT python -m"), ('CMD ["service"]', "CMD service")],
    "locked packages": [("--require-hashes ", "")],
    "chosen files": [("COPY sql /app/sql", "COPY . /app"), ("COPY sql /app/sql", "ADD sql /app/sql")],
    "labels": [("org.opencontainers.image.revision", "revision")],
}
ONE_STAGE = f'FROM python@sha256:{"0" * 64}\nUSER 1000\nCMD ["python"]\n'


def objections(text: str) -> dict[str, str]:
    """The rules that do not hold, and why."""
    return {check.rule: check.objection for check in checks(text) if check.objection is not None}


def test_the_image_of_the_service_keeps_every_rule() -> None:
    """As it stands here: the default base by digest, the rest as the rules want it."""
    assert objections(GOOD) == {}


@pytest.mark.parametrize(
    ("rule", "old", "new"), [(rule, *change) for rule, changes in BROKEN.items() for change in changes]
)
def test_each_rule_can_be_broken(rule: str, old: str, new: str) -> None:
    """A changed Dockerfile breaks the rule that is meant, with a reason, and no rule is never broken."""
    assert old in GOOD
    assert rule in objections(GOOD.replace(old, new))
    assert set(BROKEN) | {"stages"} == set(RULES)


def test_what_is_no_image_of_this_kind_is_refused() -> None:
    """One stage, and a file without any."""
    assert "stages" in objections(ONE_STAGE)
    assert set(objections("# nothing\n")) == set(RULES)


def test_stages_are_read_as_they_are_built() -> None:
    """Arguments before the first FROM have their defaults, lines are joined, comments and options are not words."""
    text = 'ARG A=x\nFROM --platform=linux/amd64 $A:1 AS one\nRUN a \\\n# why\n  b\nFROM one\nCMD ["c"]\n'
    first, second = stages(text)
    assert (first.base, first.is_argument, first.name, first.all("RUN")) == ("x:1", True, "one", ["a    b"])
    assert (second.base, second.last("CMD"), second.last("USER")) == ("one", '["c"]', "")
