"""The one GraphQL query that the service sends to Weaviate.

What a user typed goes into it as a string literal, and nothing else of his does: no text can end the literal.
"""

import json
from dataclasses import dataclass

COLLECTION = "Document"
"""Weaviate's collection. Its properties:

    document_id            number; an int would come back as null from 2**31 on, since GraphQL's have 32 bits
    workspace, technology  text with the tokenization `field`: with another, a part of a name would match
    any others             what is searched in
"""


@dataclass(frozen=True, slots=True)
class Hybrid:
    """What is searched for."""

    query: str
    workspace: str
    technology: str | None
    limit: int
    offset: int


def literal(text: str) -> str:
    """A GraphQL string (October 2021 specification, section 2.9.4) that means this text.

    JSON's escapes are among GraphQL's. What JSON need not escape stays as it is: Weaviate's lexer reads an escaped
    surrogate pair as two characters that do not exist.
    """
    return json.dumps(text, ensure_ascii=False)


def hybrid(asked: Hybrid, alpha: float) -> str:
    """The query: identities and scores of one page of documents, best first."""
    wanted = [("workspace", asked.workspace)]
    if asked.technology is not None:
        wanted.append(("technology", asked.technology))
    operands = ", ".join(
        f"{{path: [{literal(name)}], operator: Equal, valueText: {literal(value)}}}" for name, value in wanted
    )
    return (
        f"{{ Get {{ {COLLECTION}("
        f"hybrid: {{query: {literal(asked.query)}, alpha: {alpha!r}}}, "
        f"where: {{operator: And, operands: [{operands}]}}, "
        f"limit: {asked.limit}, offset: {asked.offset}"
        ") { document_id _additional { score } } } }"
    )
