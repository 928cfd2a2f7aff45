"""The documents: real documentation, recombined by seed; the databases made of them; the recorded workload.

harvest    docstrings of the standard library and of installed packages, as entries by technology
expand     entries to any number of documents, the same for the same seed
databases  one template database per state that an arm may need, built once
workload   requests drawn from the documents' own words, with Zipf repetition
"""

from bench.corpus.databases import DatabaseState, fingerprint, prepare, settings, tune
from bench.corpus.expand import Document, documents
from bench.corpus.harvest import Entry, harvest, version
from bench.corpus.workload import Operation, read, record, write

__all__ = [
    "DatabaseState",
    "Document",
    "Entry",
    "Operation",
    "documents",
    "fingerprint",
    "harvest",
    "prepare",
    "read",
    "record",
    "settings",
    "tune",
    "version",
    "write",
]
