"""What notebooks show of a run: paragraphs, the scorecard, figures; each as text and as HTML."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bench.report import sections

FIGURE = (
    "<figure style='margin:1em 0'><img style='max-width:100%' alt='{alt}' src='data:image/png;base64,{png}'>"
    "<figcaption>{caption}</figcaption></figure>"
)


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p style='font-size:115%'>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Scorecard:
    """The scorecard as a table."""

    rows: tuple[sections.Row, ...]

    def __repr__(self) -> str:
        return "\n".join(
            f"{row.mark} {row.verdict:<13} {row.id:<22} {row.measured} {row.interval}" for row in self.rows
        )

    def _repr_html_(self) -> str:
        return table(
            ("verdict", "criterion", "measured", "95 % interval", "threshold", "n", "could see"),
            [
                (f"{row.mark} {row.verdict}", f"{row.id}: {row.claim}", row.measured, row.interval, row.threshold,
                 row.n, row.mde)
                for row in self.rows
            ],
        )  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A figure with the words that replace it."""

    png: bytes
    alt: str
    caption: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        return figure(self.png, self.alt, self.caption)


def figure(png: bytes, alt: str, caption: str) -> str:
    """A picture with its caption, and the words for those who cannot see it."""
    return FIGURE.format(
        alt=escape(alt, quote=True), png=base64.b64encode(png).decode(), caption=escape(caption, quote=False)
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose cells wrap and are never cut off."""
    cell = "<td style='text-align:left;white-space:normal'>"
    body = "".join("<tr>" + "".join(f"{cell}{escape(str(each))}</td>" for each in row) + "</tr>" for row in rows)
    named = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{named}</tr></thead><tbody>{body}</tbody></table>"
