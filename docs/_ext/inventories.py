"""Names of other projects that the pages link to.

They are kept as text, one file a project under `inventories/`, with lines `name role page`; `$` at the end of a page
stands for the name. Sphinx reads them in its own form, written here into the build directory. No network is used.
"""

import zlib
from pathlib import Path


def mapping(sources: Path, build: Path) -> dict[str, tuple[str, str]]:
    """Return the setting `intersphinx_mapping`."""
    build.mkdir(parents=True, exist_ok=True)
    return {source.stem: written(source, build / f"{source.stem}.inv") for source in sorted(sources.glob("*.txt"))}


def written(source: Path, inventory: Path) -> tuple[str, str]:
    """Write one inventory; return the address of the project and the path of the inventory."""
    address, *lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    entries = "".join("{} {} 1 {} -\n".format(*line.split()) for line in lines)
    head = f"# Sphinx inventory version 2\n# Project: {source.stem}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    inventory.write_bytes(head.encode() + zlib.compress(entries.encode()))
    return address, str(inventory.resolve())
