"""What the numbers were made with; nothing that names a machine or a person."""

import platform
from datetime import UTC, datetime
from importlib import metadata

PACKAGES = ("fokker", "numpy", "scipy", "numba", "matplotlib")


def environment() -> dict[str, str]:
    """Return the date (UTC), the kind of system, and the versions of Python and of the packages in use."""
    about = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return about | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
