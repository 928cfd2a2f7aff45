"""What users get wrong: one sentence, exit code 2, no traceback, nothing touched."""

import pytest

from tests.lab.conftest import TINY, Perflab

EARLIER = "20260101-000000-tiny-0000"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[experiments.query_time]", "[experiments.query_tim]"), "tiny.toml:13: unknown experiment `query_tim`"),
        (("breaker_prevention", "breaker_preventio"), "tiny.toml:20: unknown criterion `breaker_preventio`; did you"),
        (("documents =", "document ="), "tiny.toml:4: unknown key `document`; did you mean `documents`?"),
        (("documents = 1000", "documents = 10"), "tiny.toml:4: `corpus.documents`: input should be greater than"),
        (("[corpus]", "[arms.candidate]\nset = {cach = 'on'}\n[corpus]"), "unknown knob `cach`; did you mean `cache`?"),
        (("[workload]", "[workload]\nlocustfile = 'absent.py'"), "there is no Locust file absent.py"),
        (("budget_s = 41", "budget_s = 5"), "a budget of 5 s is too small for six pairs of 2 s slots; 40.5 s are"),
        (("[corpus]", "[corpus"), "is not valid TOML"),
    ],
)
def test_a_wrong_spec_is_told_with_its_line(perflab: Perflab, change: tuple[str, str], said: str) -> None:
    """File, line and the nearest valid name; nothing is started and no run folder is made."""
    perflab.spec.write_text(TINY.replace(*change))
    result = perflab.run()
    assert result.code == 2
    assert said in result.complaint
    assert not perflab.reports.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "respons_time"], "did you mean `response_time`?"),
        (["--budget", "10"], "--budget 10 is too small for response_time and query_time: what each needs"),
        (["--budget", "-1"], "Invalid value for '--budget'"),
        (["--services", "kubernetes"], "is not one of"),
        (["--quik"], "No such option"),
        (["--json", "nowhere/found.json"], "there is no folder nowhere"),
    ],
)
def test_a_wrong_option_is_told(perflab: Perflab, arguments: list[str], said: str) -> None:
    """Before anything is started."""
    result = perflab.run(*arguments)
    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err
    assert not perflab.reports.exists()


def test_the_budget_that_is_asked_for_is_enough(perflab: Perflab) -> None:
    """The number in the message can be trusted: one second less is too small, that many is not."""
    from bench.errors import UsageError
    from bench.lab.options import Options, effective_spec, plans

    said = perflab.run("--budget", "10").complaint
    enough = float(said.partition("takes --budget ")[2].partition(",")[0])
    assert plans(effective_spec(Options(spec=perflab.spec, budget_s=enough)), 1, enough)
    with pytest.raises(UsageError, match="too small"):
        plans(effective_spec(Options(spec=perflab.spec, budget_s=enough - 1)), 1, enough - 1)


def test_a_place_that_cannot_be_written_is_told(perflab: Perflab) -> None:
    """A reports folder that is none: its path and what to do."""
    perflab.reports.write_text("a file")
    result = perflab.run()
    assert result.code == 2
    assert str(perflab.reports) in result.complaint
    assert "--out DIR" in result.complaint
    assert perflab.reports.read_text() == "a file"


def test_servers_that_do_not_answer_are_told_and_earlier_runs_stay(perflab: Perflab) -> None:
    """External servers: which address failed and which variable names it; `latest` still is the earlier run."""
    (perflab.reports / EARLIER).mkdir(parents=True)
    (perflab.reports / "latest").symlink_to(EARLIER)
    result = perflab(
        *("run", perflab.spec, "--out", perflab.reports, "--services", "external"),
        PERFLAB_POSTGRES_DSN="postgresql://nobody:secret@127.0.0.1:1/none",
        PERFLAB_REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert result.code == 2
    assert "127.0.0.1:1 does not answer" in result.complaint
    assert "secret" not in result.err
    assert [path.name for path in perflab.reports.iterdir() if not path.is_symlink()] == [EARLIER]
    assert (perflab.reports / "latest").resolve().name == EARLIER


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "nowhere"], "nowhere/run.json cannot be read"),
        (["run", "--resume", "nowhere"], "nowhere/run.json cannot be read"),
        (["notebook", "01_scorcard", "--execute"], "did you mean `01_scorecard`?"),
        (["serve", "--knob", "cach=on"], "did you mean `cache`?"),
        (["serve", "--knob", "cache=maybe"], "is not KNOB=on or KNOB=off"),
        (["rnu"], "did you mean `run`?"),
    ],
)
def test_wrong_arguments_of_any_command_are_told(perflab: Perflab, arguments: list[str], said: str) -> None:
    """Each with exit code 2 and the nearest thing that exists."""
    result = perflab(*arguments)
    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_record_of_another_version_is_refused(perflab: Perflab) -> None:
    """A run.json of a later perflab is named with its version, not misread."""
    folder = perflab.reports / EARLIER
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"schema_version": 99}')
    result = perflab("report", folder)
    assert result.code == 2
    assert "99" in result.complaint


def test_help_names_every_command(perflab: Perflab) -> None:
    """`perflab --help` and the help of each command work and cost no measurement."""
    from bench.cli import COMMANDS

    listed = perflab("--help")
    assert listed.code == 0
    for name in COMMANDS:
        assert name in listed.out
        helped = perflab(name, "--help")
        assert helped.code == 0
        assert f"Example: perflab {name}" in helped.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(perflab: Perflab, shell: str) -> None:
    """What README tells one to put into the shell's profile completes `perflab sw` to sweep, and no unknown word."""
    source = perflab(_PERFLAB_COMPLETE=f"{shell}_source")
    assert "_PERFLAB_COMPLETE" in source.out
    for begun, found in (("sw", "sweep"), ("nothing", "")):
        words = {"COMP_WORDS": f"perflab {begun}", "COMP_CWORD": "1" if shell != "fish" else begun}
        said = perflab(_PERFLAB_COMPLETE=f"{shell}_complete", **words).out
        assert (found in said) if found else said.strip() == ""
