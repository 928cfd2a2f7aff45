"""What can go wrong, in the service's own words; the APIs turn these into answers.

ServiceError
├── ConfigurationError         the service must not start
├── DatabaseUnavailableError   PostgreSQL cannot answer now; trying again later may help
├── MigrationError             the schema could not be changed
└── UsageError                 a command was given words that it does not know
"""


class ServiceError(Exception):
    """Base of the service's own errors."""


class ConfigurationError(ServiceError):
    """A setting is missing or wrong, or the database lacks what it asks for: the service must not start."""


class DatabaseUnavailableError(ServiceError):
    """PostgreSQL did not answer, not in time, or not any more."""


class MigrationError(ServiceError):
    """PostgreSQL refused a migration, or its file is none."""


class UsageError(ServiceError):
    """A command of the service was called with words that it does not know."""
