"""The consolidated API: typed, validated, one shape of error."""

from service.api.v1.router import router

__all__ = ["router"]
