"""Who may do what: API keys, their roles, and how often they may ask."""

from service.access.callers import ANONYMOUS, Caller, Role
from service.access.keys import Keys, generate, hashed
from service.access.limits import RateLimits, Standing

__all__ = ["ANONYMOUS", "Caller", "Keys", "RateLimits", "Role", "Standing", "generate", "hashed"]
