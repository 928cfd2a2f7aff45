"""What can go wrong, in the service's own words; the APIs turn these into answers.

ServiceError
├── ConfigurationError         the service must not start
└── DatabaseUnavailableError   PostgreSQL cannot answer now; trying again later may help
"""


class ServiceError(Exception):
    """Base of the service's own errors."""


class ConfigurationError(ServiceError):
    """A setting is missing or wrong, or the database lacks what it asks for: the service must not start."""


class DatabaseUnavailableError(ServiceError):
    """PostgreSQL did not answer, not in time, or not any more."""
