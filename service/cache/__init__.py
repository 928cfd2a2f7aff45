"""Answers kept in Redis for a short while."""

from service.cache.answers import Answers, NoAnswers, RedisAnswers, create

__all__ = ["Answers", "NoAnswers", "RedisAnswers", "create"]
