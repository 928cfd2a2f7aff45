"""The consolidated API: typed, validated, one shape of error."""

from service.api.v1.router import install

__all__ = ["install"]
