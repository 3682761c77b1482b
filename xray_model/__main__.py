"""`python -m xray_model`, the command line where the script `xray-lab` is not installed."""

import sys

from xray_model.cli import main

if __name__ == "__main__":
    sys.exit(main())
