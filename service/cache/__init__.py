"""Answers kept in Redis for a short while."""

from service.cache.answers import Answers, Compute, NoAnswers
from service.cache.remembered import RedisAnswers, create

__all__ = ["Answers", "Compute", "NoAnswers", "RedisAnswers", "create"]
