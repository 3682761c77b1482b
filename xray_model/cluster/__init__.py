"""The same work on several machines, with Ray, an optional extra; imported only when it is asked for."""

import os

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when Ray is imported: nothing is reported to anybody
