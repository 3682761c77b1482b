"""`audit.json` in a bundle's folder: how its maps did in the audit. Made after the bundle, by `xray-lab audit`."""

from __future__ import annotations

import json
from typing import Any

from xray_model.bundles.bundle import Bundle

AUDIT_FILE = "audit.json"


def load_audit(bundle: Bundle) -> dict[str, Any] | None:
    """The audit's figures, shares in [0, 1]; None without an audit of exactly this network."""
    try:
        found = json.loads((bundle.folder / AUDIT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("hash") == bundle.hash else None
