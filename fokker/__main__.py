"""``python -m fokker`` is the command ``fokker``."""

import sys

from fokker.cli import main

if __name__ == "__main__":
    sys.exit(main())
