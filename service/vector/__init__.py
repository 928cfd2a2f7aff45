"""Hybrid search by Weaviate: which documents, how good, and nothing more; the documents are PostgreSQL's."""

from service.vector.client import Match, WeaviateClient, create
from service.vector.graphql import Hybrid

__all__ = ["Hybrid", "Match", "WeaviateClient", "create"]
