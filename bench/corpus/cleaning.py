"""From the raw text of a docstring or comment to paragraphs of prose: no code, no tables, no markup."""

import inspect
import re
from collections.abc import Iterator

SHORTEST_WORDS = 6
LONGEST_WORDS = 220
PROSE = 0.75
"""Share of letters and spaces below which a paragraph is code, a table or a drawing."""

_BREAK = re.compile(r"\n\s*\n|\n\s*[-=~^`#*]{3,}\s*(?=\n|$)")
_CODE = re.compile(
    r"^\s*(>>>|\.\.\. |\$ |\.\. |@\w+\(|def |class |import |from \w+ import )|^\s*[-+|]{3,}", re.MULTILINE
)
_ROLE = re.compile(r":[\w:+-]+:`([^`<]*?)\s*(?:<[^>`]*>)?`_{0,2}")
_MARK = re.compile(r"``|`_{0,2}|\*\*|[^\S ]+")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a1-\ud7ff]")
_SPACES = re.compile(r" {2,}")


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of prose in a docstring, each one line of plain text."""
    for block in _BREAK.split(inspect.cleandoc(text)):
        if _CODE.search(block):
            continue
        plain = clean(block)
        words = plain.count(" ") + 1
        if SHORTEST_WORDS <= words <= LONGEST_WORDS and _is_prose(plain):
            yield plain


def clean(text: str) -> str:
    """One line of plain text: markup and unprintable characters gone, single spaces."""
    text = _MARK.sub(lambda mark: " " if mark[0].isspace() else "", _ROLE.sub(r"\1", text))
    return _SPACES.sub(" ", _UNPRINTABLE.sub(" ", text)).strip(" -*#=")


def heading(text: str, name: str) -> str:
    """A title for the text: its first sentence where that is short, else the name of what it describes."""
    first = clean(text.strip().partition("\n")[0]).rstrip(".:")
    if 3 <= first.count(" ") + 1 <= 12 and _is_prose(first) and first[0].isalpha():
        return first[0].upper() + first[1:]
    return name


def _is_prose(plain: str) -> bool:
    return sum(map(str.isalpha, plain)) + plain.count(" ") >= PROSE * len(plain) > 0
