"""Read the one form of GraphQL query that the stand-in answers, by the rules of Weaviate's own lexer (graphql-go).

Promises: what is no string literal never becomes one; whatever has another form is a QueryError, never a guess.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Value = str | float | int | bool | None | list["Value"] | dict[str, "Value"]

TOKEN = re.compile(
    r"(?P<ignored>[\s,\ufeff]+|\#[^\n\r]*)"
    r"|(?P<punctuator>[{}()\[\]:])"
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))"
    r"|(?P<name>[_A-Za-z][_0-9A-Za-z]*)"
    # A line ends a string, and so does any control character but a tab. Block strings are not Weaviate's.
    r'|"(?!"")(?P<string>(?:[^"\\\x00-\x08\x0a-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*)"'
)
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")
ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
NAMED: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
LARGEST_PAGE = 10_000
"""QUERY_MAXIMUM_RESULTS, as Weaviate has it by default: what is further back cannot be asked for."""


class QueryError(ValueError):
    """The query is not one that is answered here."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a query asks for."""

    collection: str
    query: str
    alpha: float
    filters: Mapping[str, str]
    """Each property and what it must equal."""
    limit: int
    offset: int


def read(text: str) -> Question:
    """The question in a query.

    Raises QueryError.
    """
    reader = _Reader(text)
    for expected in ("{", "Get", "{"):
        reader.take(expected)
    collection = reader.name()
    arguments = reader.arguments()
    for expected in ("{", "document_id", "_additional", "{", "score", "}", "}", "}", "}", ""):
        reader.take(expected)
    return _question(collection, arguments)


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), ("end", "")]
        self._at = 0

    def take(self, expected: str) -> None:
        kind, text = self._next()
        if text != expected or kind == "string":
            raise QueryError(f"{expected or 'the end'} was expected, not {text or 'the end'}")

    def name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise QueryError(f"a name was expected, not {text or 'the end'}")
        return text

    def arguments(self) -> dict[str, Value]:
        self.take("(")
        return self._fields(")")

    def _fields(self, end: str) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        while not self._is_next(end):
            name = self.name()
            if name in fields:
                raise QueryError(f"{name} comes twice")
            self.take(":")
            fields[name] = self._value()
        self.take(end)
        return fields

    def _value(self) -> Value:
        kind, text = self._next()
        if kind == "string":
            return text
        if kind == "number":
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if kind == "name":
            # What is none of the three is the name of an enumeration's member.
            return NAMED.get(text, text)
        if text == "{":
            return self._fields("}")
        if text == "[":
            return self._list()
        raise QueryError(f"a value was expected, not {text or 'the end'}")

    def _list(self) -> list[Value]:
        values: list[Value] = []
        while not self._is_next("]"):
            values.append(self._value())
        self.take("]")
        return values

    def _is_next(self, punctuator: str) -> bool:
        return self._tokens[self._at] == ("punctuator", punctuator)

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        # The end is never passed.
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise QueryError(f"the query cannot be read from character {at} on")
        at = found.end()
        kind = str(found.lastgroup)
        if kind == "string":
            yield kind, ESCAPE.sub(_unescaped, found["string"])
        elif kind != "ignored":
            yield kind, found[0]


def _unescaped(found: re.Match[str]) -> str:
    code, letter = found.groups()
    if code is None:
        return ESCAPED.get(letter, letter)
    # Each escape by itself: a half of a surrogate pair is no character for graphql-go.
    character = chr(int(code, 16))
    return "\ufffd" if "\ud800" <= character <= "\udfff" else character


def _question(collection: str, arguments: Mapping[str, Value]) -> Question:
    match arguments:
        case {
            "hybrid": {"query": str(query), "alpha": (float() | int()) as alpha, **unknown},
            "where": {"operator": "And", "operands": list(operands)},
            "limit": int(limit),
            "offset": int(offset),
            **others,
        } if not others and not unknown and 0 <= alpha <= 1:
            if not (limit > 0 <= offset and limit + offset <= LARGEST_PAGE):
                raise QueryError("query maximum results exceeded")
            return Question(collection, query, float(alpha), dict(map(_filter, operands)), limit, offset)
    raise QueryError("only hybrid searches with where, limit and offset are answered here")


def _filter(operand: Value) -> tuple[str, str]:
    match operand:
        case {"path": [str(name)], "operator": "Equal", "valueText": str(value), **others} if not others:
            return name, value
    raise QueryError("only filters of one property that equals a text are answered here")
