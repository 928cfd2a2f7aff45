"""What `perflab doctor` says of the tools for pages and notebooks."""

import pytest

from bench.lab import examination


def test_what_notebooks_and_pages_need_is_there() -> None:
    """In the environment that the lock makes."""
    found = [
        examination._packages("notebooks", examination.NOTEBOOKS),
        examination._packages("pages", examination.PAGES),
        examination._kernel(),
    ]
    assert [each.text for each in found if not each.ok] == []


def test_what_is_missing_is_named_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package by its name, with what brings it; a machine can still measure without it."""
    found = examination._packages("pages", ("playwright", "axe_that_is_not_there"))
    assert (found.ok, found.needed) == (False, False)
    assert "axe_that_is_not_there" in found.text
    assert "playwright" not in found.text
    monkeypatch.setattr(examination, "_kernels", dict)
    assert not examination._kernel().ok
    assert "no kernel python3" in examination._kernel().text


def test_doctor_looks_at_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the machine and its servers."""
    for slow in ("_quiet", "_servers", "_docker"):
        monkeypatch.setattr(examination, slow, lambda: examination.Examined("x", True, ""))
    subjects = [each.subject for each in examination.examine()]
    assert {"browser", "notebooks", "pages", "kernel"} <= set(subjects)
