"""The public names of `xray_model` and their modules, read from the stub that the package itself reads."""

from __future__ import annotations

import ast
from pathlib import Path

import xray_model

STUB = Path(xray_model.__file__).with_suffix(".pyi")
MODULE_OF = {
    alias.asname or alias.name: f"xray_model.{node.module}"
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}
