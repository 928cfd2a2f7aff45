"""The validators, held against anything at all: what they let through is bounded and means one thing."""

import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from service.api.v1.schemas import (
    ConfigBody,
    ContentSearch,
    FeedbackBody,
    HybridRequest,
    SearchBody,
    SearchRequest,
    SignalBody,
    StatsRequest,
)
from service.search import Technology

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
MODELS = (SearchRequest, SearchBody, HybridRequest, StatsRequest, FeedbackBody, SignalBody, ContentSearch, ConfigBody)
GOOD: dict[type[BaseModel], dict[str, Any]] = {
    SearchRequest: {"q": "x", "workspace": "team-1"},
    SearchBody: {"q": "x", "workspace": "team-1"},
    HybridRequest: {"q": "x", "workspace": "team-1"},
    StatsRequest: {"workspace": "team-1"},
    FeedbackBody: {"document_id": 1, "rating": 5},
    SignalBody: {"document_id": 1, "kind": "click"},
    ContentSearch: {},
    ConfigBody: {"value": "1"},
}


def accepted(model: type[BaseModel], values: object) -> BaseModel | None:
    """The validated request, or None when it is refused; anything but ValidationError is a defect."""
    try:
        return model.model_validate(values)
    except ValidationError:
        return None


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_nothing_unbounded_comes_through(model: type[BaseModel], data: st.DataObject) -> None:
    """One field replaced by anything: it is refused, or what is kept fits into a few kilobytes without NUL."""
    field = data.draw(st.sampled_from(sorted(model.model_fields)))
    request = accepted(model, {**GOOD[model], field: data.draw(ANYTHING)})
    if request is not None:
        kept = json.dumps(request.model_dump(mode="json"), ensure_ascii=False, allow_nan=False)
        assert len(kept) < 5_000
        assert "\\u0000" not in kept


@pytest.mark.parametrize("model", MODELS)
@given(name=st.text(max_size=20), value=ANYTHING)
def test_what_nobody_asked_for_is_refused(model: type[BaseModel], name: str, value: object) -> None:
    """A misspelt field is an error, not silence; without it the request is good."""
    assume(name not in model.model_fields)
    assert accepted(model, {**GOOD[model], name: value}) is None
    assert accepted(model, GOOD[model]) is not None


@given(text=st.text(max_size=600))
@example("\x1f")
def test_a_query_is_kept_without_its_margins_or_refused(text: str) -> None:
    """Blank, too long or with a NUL is refused; nothing else is."""
    request = accepted(SearchRequest, {**GOOD[SearchRequest], "q": text})
    inner = text.strip()
    assert (request is not None) == (1 <= len(inner) <= 500 and "\0" not in inner)
    if isinstance(request, SearchRequest):
        assert request.q == inner


@given(blanks=st.lists(st.text(" \t\r\n", min_size=1, max_size=4), min_size=3, max_size=3))
def test_what_means_the_same_is_remembered_once(blanks: list[str]) -> None:
    """However the words are spaced."""
    request = SearchRequest(q=f"{blanks[0]}event{blanks[1]}loop{blanks[2]}", workspace="team-1")
    assert request.normalised() == SearchRequest(q="event loop", workspace="team-1").normalised()


@given(name=st.text(max_size=70))
def test_a_workspace_is_a_name_for_a_path(name: str) -> None:
    """Lower case, digits and hyphens of ASCII, 63 at most."""
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    is_name = 1 <= len(name) <= 63 and set(name) <= allowed and not name.startswith("-")
    assert (accepted(StatsRequest, {"workspace": name}) is not None) == is_name


@given(name=st.text(max_size=20))
def test_a_technology_is_one_of_the_enumeration(name: str) -> None:
    """Nothing near it, nothing else."""
    asked = {**GOOD[SearchBody], "technology": name}
    assert (accepted(SearchBody, asked) is not None) == (name in set(Technology))


@pytest.mark.parametrize("technology", Technology)
def test_every_technology_may_be_asked_for(technology: Technology) -> None:
    """As the plain string that JSON has."""
    request = accepted(SearchBody, {**GOOD[SearchBody], "technology": technology.value})
    assert request is not None


@pytest.mark.parametrize("wrong", ["1", 1.0, True])
def test_json_s_numbers_are_numbers(wrong: object) -> None:
    """A body is strict: what looks like a number is a mistake; in a query string everything is text."""
    assert accepted(FeedbackBody, {"document_id": wrong, "rating": 5}) is None
    assert accepted(SearchBody, {**GOOD[SearchBody], "limit": "5"}) is None
    assert accepted(SearchRequest, {**GOOD[SearchRequest], "limit": "5"}) is not None
