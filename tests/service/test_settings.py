import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.errors import ConfigurationError
from service.settings import KNOBS, PREFIX, Knob, Settings, knob_environment, load

URL = "postgresql://someone:verysecret@127.0.0.1/documents"


def test_tuned_is_the_default() -> None:
    """Whoever sets nothing but the database gets every knob on."""
    assert set(load(database_url=URL).knobs().values()) == {"on"}


def test_the_preset_baseline_turns_all_knobs_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """One variable gives the baseline."""
    monkeypatch.setenv("DOCAICHE_PRESET", "baseline")
    assert set(load(database_url=URL).knobs().values()) == {"off"}


def test_a_knob_s_own_variable_wins_over_the_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ablation and rollback turn one knob against the preset."""
    monkeypatch.setenv("DOCAICHE_PRESET", "baseline")
    monkeypatch.setenv("DOCAICHE_CACHE", "true")
    assert load(database_url=URL).knobs() == {**dict.fromkeys(KNOBS, "off"), "cache": "on"}


@pytest.mark.parametrize("state", ["on", "off"])
@pytest.mark.parametrize("name", KNOBS)
def test_knob_environment_sets_what_it_says(name: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables for one knob set this knob and no other."""
    other = "off" if state == "on" else "on"
    for variable, value in knob_environment({**dict.fromkeys(KNOBS, other), name: state}).items():
        monkeypatch.setenv(variable, value)
    assert load(database_url=URL).knobs() == {**dict.fromkeys(KNOBS, other), name: state}


@pytest.mark.parametrize(("knobs", "named"), [({"turbo": "on"}, "turbo"), ({"cache": "yes"}, "yes")])
def test_knob_environment_refuses_what_does_not_exist(knobs: dict[str, str], named: str) -> None:
    """A misspelt knob or state is told, not ignored."""
    with pytest.raises(ConfigurationError, match=named):
        knob_environment(knobs)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_every_knob_is_a_field_whose_default_is_on(knob: Knob) -> None:
    """The registry and the fields cannot drift apart, and every knob says what it does and why."""
    assert Settings.model_fields[knob.field].default == knob.on != knob.off
    assert knob.name in KNOBS
    assert knob.changes
    assert knob.why
    tuning = Path(__file__).parents[2] / "sql" / "tuning" / f"{knob.name}.apply.sql"
    assert knob.in_database == tuning.exists()


def test_the_fingerprint_tells_behaviour_apart() -> None:
    """Any knob or limit that differs gives another fingerprint."""
    hashes = {load(database_url=URL, **{knob.field: knob.off}).config_hash() for knob in KNOBS.values()}
    hashes |= {load(database_url=URL, pool_size=7).config_hash(), load(database_url=URL).config_hash()}
    assert len(hashes) == len(KNOBS) + 2


def test_the_fingerprint_ignores_addresses_and_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that behave alike have one fingerprint, wherever they listen and by whatever preset."""
    here = load(database_url=URL, port=1, log_level="debug").config_hash()
    assert here == load(database_url="postgresql://x/y", redis_url="redis://:z@h", host="::1").config_hash()
    baseline = {knob.field: knob.off for knob in KNOBS.values()}
    monkeypatch.setenv("DOCAICHE_PRESET", "baseline")
    assert load(database_url=URL).config_hash() == load(database_url=URL, preset="tuned", **baseline).config_hash()


def test_secrets_are_never_printed() -> None:
    """Neither the text of settings nor the message about a wrong URL holds a password."""
    settings = load(database_url=URL, redis_url="redis://:verysecret@127.0.0.1/0")
    assert "verysecret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    with pytest.raises(ConfigurationError) as refused:
        load(database_url="mysql://someone:verysecret@127.0.0.1/documents")
    assert "verysecret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # U+2100 is one of the characters that Python refuses in an address, and repeats.
        ("database_url", "postgresql://u:very\u2100secret@127.0.0.1/d"),
        ("redis_url", "redis://:very\u2100secret@127.0.0.1/0"),
        ("weaviate_url", "http://u:very\u2100secret@127.0.0.1"),
        ("database_url", "postgresql://u:very/secret@127.0.0.1/d"),
        ("redis_url", "redis://:verysecret@[/0"),
        ("redis_url", "redis://:verysecret@127.0.0.1/abc"),
        ("redis_url", "redis://:verysecret@127.0.0.1/1/2"),
        ("redis_url", "redis://:verysecret@127.0.0.1/-1"),
    ],
)
def test_a_url_that_cannot_be_read_is_one_sentence_without_its_password(name: str, value: str) -> None:
    """Python's own message would repeat the whole address."""
    with pytest.raises(ConfigurationError, match=f"^DOCAICHE_{name.upper()} is wrong: [^\n]*$") as refused:
        load(**{"database_url": URL, name: value})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("path", ["", "/", "/0", "/15", "/0/"])
def test_the_number_of_a_redis_database_may_be_left_out(path: str) -> None:
    """Every usual way to write it is taken."""
    assert load(database_url=URL, redis_url=f"redis://h{path}").redis_urls == (f"redis://h{path}",)


def test_settings_are_frozen() -> None:
    """Nobody changes the configuration of a running process."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(load(database_url=URL), "port", 1)  # noqa: B010 - the type checker knows, too


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API", "v9"),
        ("POOL", "huge"),
        ("RESET", "never"),
        ("CACHE", "perhaps"),
        ("PORT", "70000"),
        ("POOL_SIZE", "0"),
        ("CACHE_DEADLINE_S", "inf"),
        ("CACHE_NEGATIVE_TTL_S", "0"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "redis://127.0.0.1:verysecret"),
        ("REDIS_URL", "redis://127.0.0.1:6379,redis://127.0.0.1:6380"),
        ("REDIS_MODE", "sentinel"),
        ("PRESET", "fast"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever set the variable learns which one and what it may be."""
    monkeypatch.setenv("DOCAICHE_DATABASE_URL", URL)
    monkeypatch.setenv(PREFIX + variable, value)
    with pytest.raises(ConfigurationError, match=rf"\ADOCAICHE_{variable} is wrong: [^\n]+\.\Z"):
        load()


def test_a_missing_database_is_named() -> None:
    """The one setting without a default is asked for by its variable."""
    with pytest.raises(ConfigurationError, match="DOCAICHE_DATABASE_URL is not set"):
        load()


def test_a_misspelt_variable_is_refused_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that nobody reads must not look as if it were in force."""
    monkeypatch.setenv("DOCAICHE_CACHEE", "off")
    with pytest.raises(ConfigurationError, match="DOCAICHE_CACHEE is not a setting; did you mean DOCAICHE_CACHE?"):
        load(database_url=URL)


def test_importing_the_settings_loads_no_driver_and_no_framework() -> None:
    """The settings are for whoever starts the service, too: they cost no more than pydantic."""
    heavy = {"asyncpg", "redis", "fastapi", "starlette", "uvicorn", "aiosql", "structlog"}
    code = f"import sys, service.settings; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_queue_of_the_pool_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a default, may be none at all, and is part of the fingerprint."""
    assert load(database_url=URL).acquire_queue == 100
    monkeypatch.setenv("DOCAICHE_ACQUIRE_QUEUE", "0")
    assert load(database_url=URL).acquire_queue == 0
    assert load(database_url=URL).config_hash() != load(database_url=URL, acquire_queue=100).config_hash()
    monkeypatch.setenv("DOCAICHE_ACQUIRE_QUEUE", "-1")
    with pytest.raises(ConfigurationError, match="DOCAICHE_ACQUIRE_QUEUE is wrong"):
        load(database_url=URL)


def test_a_cluster_is_named_by_any_of_its_nodes() -> None:
    """One URL or several with commas between them; commas in a password are the password's."""
    urls = ("redis://:a,b@127.0.0.1:1", "rediss://:c@[::1]:2/0")
    assert load(database_url=URL, redis_mode="cluster", redis_url=",".join(urls)).redis_urls == urls
    assert load(database_url=URL, redis_url=urls[0]).redis_urls == urls[:1]


@pytest.mark.parametrize("url", ["redis://h/1", "redis://h,redis://i/1", "redis://h,http://i"])
def test_a_cluster_has_no_databases(url: str) -> None:
    """Whoever names one, or one node of another kind, learns it at the start and not by keys that are not found."""
    with pytest.raises(ConfigurationError, match=r"\ADOCAICHE_REDIS_URL is wrong: [^\n]+\.\Z"):
        load(database_url=URL, redis_mode="cluster", redis_url=url)


def test_secrets_may_stand_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As container engines hand them over; a variable of the environment wins over its file."""
    monkeypatch.setattr("service.settings.SECRETS", tmp_path)
    monkeypatch.delenv("DOCAICHE_DATABASE_URL", raising=False)
    (tmp_path / "docaiche_database_url").write_text(f"{URL}\n")
    (tmp_path / "somebody_else_s").write_text("x")
    assert load().database_url.get_secret_value() == URL
    monkeypatch.setenv("DOCAICHE_DATABASE_URL", URL.replace("documents", "others"))
    assert load().database_url.get_secret_value().endswith("/others")


def test_a_wrong_secret_in_a_file_is_told_without_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the setting and not what stands in the file."""
    monkeypatch.setattr("service.settings.SECRETS", tmp_path)
    monkeypatch.delenv("DOCAICHE_DATABASE_URL", raising=False)
    (tmp_path / "docaiche_database_url").write_text("mysql://someone:verysecret@there/documents")
    with pytest.raises(ConfigurationError, match="DOCAICHE_DATABASE_URL is wrong") as refused:
        load()
    assert "verysecret" not in str(refused.value)
