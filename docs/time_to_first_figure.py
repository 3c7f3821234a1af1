"""How long from nothing to the first figure: clone, install, run the first script of the Start page.

Run ``python docs/time_to_first_figure.py [REPOSITORY] [--save FILE] [--most SECONDS]``. The repository is a path or an
address, this clone if left out. All is done as docs/start.md says, in a temporary folder, with nothing cached: neither
packages nor compiled kernels. Each step is printed with its seconds; the exit status is 1 if all of them took longer
than SECONDS (180).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PAGES = ("docs/start.md", "README.md")


def first_script(clone: Path) -> str:
    """Return the first script of the Start page, ended by saving its figure."""
    page = next(clone / page for page in PAGES if (clone / page).exists())
    found = re.search(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"no script in {page}")
    return found[1] + '\nimport matplotlib.pyplot as plt\n\nplt.savefig("first.png")\n'


def main() -> int:
    """Do it, print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", nargs="?", default=str(HERE))
    parser.add_argument("--save", metavar="FILE", help="keep the figure")
    parser.add_argument("--most", metavar="SECONDS", type=float, default=180.0)
    asked = parser.parse_args()
    fresh = {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "MPLBACKEND": "Agg"}
    environment = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "PYTHONPATH")}
    begun = last = time.perf_counter()

    def step(what: str, *command: str | Path, cwd: Path) -> None:
        nonlocal last
        subprocess.run([str(part) for part in command], cwd=cwd, env=environment | fresh, check=True)
        now = time.perf_counter()
        print(f"{what:<28}{now - last:7.1f} s", flush=True)
        last = now

    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "fokker"
        step("git clone", "git", "clone", "--quiet", asked.repository, clone, cwd=Path(folder))
        step("python -m venv .venv", sys.executable, "-m", "venv", ".venv", cwd=clone)
        python = clone / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        step("pip install .", python, "-m", "pip", "install", "--quiet", ".", cwd=clone)
        (clone / "first.py").write_text(first_script(clone), encoding="utf-8")
        step("the first script", python, "first.py", cwd=clone)
        figure = clone / "first.png"
        size = figure.stat().st_size
        if asked.save:
            shutil.copy(figure, asked.save)
    took = last - begun
    print(f"{'to the first figure':<28}{took:7.1f} s   ({size / 1000:.0f} kB, at most {asked.most:g} s)")
    return int(took > asked.most)


if __name__ == "__main__":
    sys.exit(main())
