"""`python -m xray_model`."""

import sys

from xray_model.cli import main

if __name__ == "__main__":
    sys.exit(main())
