"""The settings of hybrid search: each wrong one is told, and no key is."""

import pytest

from service.errors import ConfigurationError
from service.settings import PREFIX, load
from service.vector import create

URL = "postgresql://someone@127.0.0.1/documents"


def test_weaviate_is_optional() -> None:
    """Nobody who does not have one has to say so."""
    settings = load(database_url=URL)
    assert settings.weaviate_url is None
    assert create(settings) is None


async def test_a_url_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """One variable, with or without a slash at its end."""
    monkeypatch.setenv("DOCAICHE_WEAVIATE_URL", "http://127.0.0.1:8080/")
    settings = load(database_url=URL)
    assert settings.weaviate_url == "http://127.0.0.1:8080"
    weaviate = create(settings)
    assert weaviate is not None
    await weaviate.close()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEAVIATE_URL", ""),
        ("WEAVIATE_URL", "127.0.0.1:8080"),
        ("WEAVIATE_URL", "grpc://127.0.0.1:50051"),
        ("WEAVIATE_URL", "http://"),
        ("WEAVIATE_URL", "http://127.0.0.1:99999"),
        ("WEAVIATE_URL", "http://someone:verysecret@127.0.0.1"),
        ("WEAVIATE_URL", "http://127.0.0.1/?key=verysecret"),
        ("WEAVIATE_API_KEY", ""),
        ("WEAVIATE_API_KEY", "verysecret\r\nx-other: header"),
        ("WEAVIATE_API_KEY", "verysecrét"),
        ("WEAVIATE_ALPHA", "1.1"),
        ("WEAVIATE_TIMEOUT_S", "0"),
        ("WEAVIATE_TIMEOUT_S", "inf"),
        ("WEAVIATE_CONCURRENCY", "0"),
        ("WEAVIATE_ATTEMPTS", "0"),
        ("BREAKER", "perhaps"),
        ("BREAKER_RECOVERY_S", "0"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what would be right, and repeats nothing that may be a secret."""
    monkeypatch.setenv(PREFIX + variable, value)
    with pytest.raises(ConfigurationError, match=rf"\ADOCAICHE_{variable} is wrong: [^\n]+\.\Z") as refused:
        load(database_url=URL)
    assert "verysecr" not in str(refused.value)


def test_the_key_is_never_printed() -> None:
    """Not even by whoever prints all settings."""
    settings = load(database_url=URL, weaviate_url="http://127.0.0.1", weaviate_api_key="verysecret")
    assert "verysecret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_the_fingerprint_tells_that_there_is_a_weaviate_and_not_where() -> None:
    """Behaviour is told apart; addresses and keys are not."""
    one, other = (
        load(database_url=URL, weaviate_url=url, weaviate_api_key=key).config_hash()
        for url, key in (("http://127.0.0.1:1", "a"), ("http://127.0.0.1:2", "b"))
    )
    assert one == other != load(database_url=URL).config_hash()
    assert one != load(database_url=URL, weaviate_url="http://127.0.0.1:1", breaker=False).config_hash()
