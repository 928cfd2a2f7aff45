"""perflab.toml of a user's repository."""

import pytest

from bench.errors import UsageError
from bench.spec import Project, read_project


def test_the_table_is_read() -> None:
    """Command, readiness and paths."""
    text = b"[compare]\ncommand = 'serve {port}'\nready = '/up'\npath = ['/a', '/b']\n"
    assert read_project(text, "perflab.toml") == Project(command="serve {port}", ready="/up", path=("/a", "/b"))


def test_without_the_table_it_says_nothing() -> None:
    """The file may be there for other things."""
    assert read_project(b"", "perflab.toml") == Project()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[compare", "perflab.toml is not valid TOML"),
        (b"[compare]\ncomand = 'x'", "unknown key `comand` in \\[compare\\]; valid are command, prepare"),
        (b"[compare]\npath = '/a'", "perflab.toml: `path` in \\[compare\\]"),
    ],
)
def test_what_is_wrong_with_it_is_told(text: bytes, said: str) -> None:
    """The file, the key, and what there is."""
    with pytest.raises(UsageError, match=said):
        read_project(text, "perflab.toml")
