"""One experiment, or the machine's card, as a notebook shows it."""

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.model import ExperimentRecord
from bench.report import findings, sections


@dataclass(frozen=True)
class Page:
    """What an experiment asked and found: sentences, tables, figures; or why it is not there."""

    title: str
    sentences: tuple[str, ...]
    tables: tuple[findings.Table, ...] = ()
    figures: tuple[tuple[bytes, str, str], ...] = ()
    """PNG, the words that replace it, the caption."""

    def __repr__(self) -> str:
        return "\n".join((self.title, *self.sentences, *(alt for _, alt, _ in self.figures)))

    def _repr_html_(self) -> str:
        parts = [f"<h3>{escape(self.title)}</h3>", *(f"<p>{escape(each)}</p>" for each in self.sentences)]
        parts += [
            f"<figure><img style='max-width:100%' alt='{escape(alt, quote=True)}' "
            f"src='data:image/png;base64,{base64.b64encode(png).decode()}'><figcaption>{escape(caption)}</figcaption>"
            "</figure>"
            for png, alt, caption in self.figures
        ]
        parts += [_table(each) for each in self.tables]
        return "\n".join(parts)


def of(experiment: ExperimentRecord, folder: Path) -> Page:
    """The page of an experiment of the run in `folder`."""
    reason = (f"{experiment.status.capitalize()}: {experiment.reason}",) if experiment.reason else ()
    effects = [
        findings.Table(
            "Effects",
            ("metric", "change", "ratio", "95 % interval", "baseline → candidate", "pairs", "could see"),
            [(r.what, r.change, r.ratio, r.interval, r.values, str(r.pairs), r.mde) for r in rows],
        )
        for rows in [sections.effect_rows(experiment)]
        if rows
    ]
    return Page(
        experiment.question,
        (*reason, experiment.method, *findings.of(experiment)),
        (*findings.tables(experiment), *effects),
        tuple(((folder / each.path).read_bytes(), each.alt, each.caption) for each in experiment.figures),
    )


def absent(name: str, measured_by: str) -> Page:
    """In place of an experiment that a run does not have."""
    return Page(
        f"This run has no experiment `{name}`",
        (f"`{measured_by}` measures it; or set drive = True in the parameters of this notebook and run it again.",),
    )


def _table(each: findings.Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in each.head)
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in each.rows
    )
    title = f"<p><b>{escape(each.title)}</b></p>"
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
