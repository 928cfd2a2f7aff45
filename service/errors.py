"""What can go wrong, in the service's own words; the APIs turn these into answers.

ServiceError
├── ConfigurationError            the service must not start
├── NotReadyError                 a service that was started does not serve
├── DatabaseUnavailableError      PostgreSQL cannot answer now; trying again later may help
│   ├── PoolQueueFullError        too many requests wait for a connection already
│   └── PoolTimeoutError          no connection came free in time
├── RefusedError                  the request cannot be done as it is; the message is for the client
│   ├── InvalidValueError         a value that means nothing where it was given
│   ├── NotFoundError             there is no such thing
│   ├── ConflictError             somebody else was quicker
│   ├── UnknownKeyError           nobody knows who asks
│   ├── ForbiddenError            whoever asks may not
│   └── TooManyRequestsError      whoever asks did so too often
├── VectorSearchUnavailableError  Weaviate gave no answer that can be used; full text may do instead
├── LimitUnknownError             nobody can tell how often somebody has asked
├── CrowdedError                  as many requests are under way as may be
├── MigrationError                the schema could not be changed
└── UsageError                    a command was given words that it does not know
"""


class ServiceError(Exception):
    """Base of the service's own errors."""


class ConfigurationError(ServiceError):
    """A setting is missing or wrong, or the database lacks what it asks for: the service must not start."""


class NotReadyError(ServiceError):
    """A service that was started ended, or took too long, before it served."""


class DatabaseUnavailableError(ServiceError):
    """PostgreSQL did not answer, not in time, or not any more."""


class PoolQueueFullError(DatabaseUnavailableError):
    """As many requests wait for a connection as may: this one was turned away at once."""


class PoolTimeoutError(DatabaseUnavailableError):
    """The request waited for a connection as long as it may."""


class RefusedError(ServiceError):
    """A request that cannot be done; its message may be shown to whoever asked."""


class InvalidValueError(RefusedError):
    """A value that means nothing where it was given."""


class NotFoundError(RefusedError):
    """There is no such thing. May come from the cache."""


class ConflictError(RefusedError):
    """The thing is not any more what the client took it for."""


class UnknownKeyError(RefusedError):
    """A key that is needed and missing, or that nobody knows."""


class ForbiddenError(RefusedError):
    """The caller is known and may not do this."""


class TooManyRequestsError(RefusedError):
    """The caller has used up what it may ask for."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many requests; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class LimitUnknownError(ServiceError):
    """Requests cannot be counted, and uncounted ones are not served."""


class CrowdedError(ServiceError):
    """As many requests are under way as may be: this one was turned away at once."""


class MigrationError(ServiceError):
    """PostgreSQL refused a migration, or its file is none."""


class UsageError(ServiceError):
    """A command of the service was called with words that it does not know."""


class VectorSearchUnavailableError(ServiceError):
    """Weaviate did not answer, answered an error, or answered what cannot be read."""
