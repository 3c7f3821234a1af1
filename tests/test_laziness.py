"""What importing and solving must not load."""

import subprocess
import sys


def test_import_is_lazy():
    code = (
        "import sys, fokker\n"
        "p = fokker.Problem(lambda x: -x, diffusion=1.0, domain={'x': (-5, 5)})\n"
        "fokker.stationary(fokker.discretize(p, cells=20)).mean()\n"
        "print([m for m in ('matplotlib', 'xarray', 'mpmath', 'sklearn', 'scipy.stats', 'pandas') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
