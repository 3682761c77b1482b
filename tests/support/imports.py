"""What a source file imports, read from its text: every `import`, also those inside functions and for type checkers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import xray_model

ROOT = Path(__file__).parents[2]


def sources(*places: str) -> dict[str, Path]:
    """Dotted module name -> file, for files and folders below the repository's root."""
    files = [
        file for place in places for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]
    return {dotted(file): file for file in sorted(files)}


def dotted(file: Path) -> str:
    """`xray_model/phantoms/__init__.py` -> `xray_model.phantoms`."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(name: str, file: Path, known: dict[str, Path]) -> set[str]:
    """Dotted names of the modules that `file` imports; a public name counts as the module it lives in."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, name, is_package=file.name == "__init__.py")
            found |= {_target(base, alias.name, known) for alias in node.names}
    return found


def closure(start: str, graph: dict[str, set[str]]) -> set[str]:
    """Everything that `start` imports, directly or through others."""
    seen, waiting = set(), [start]
    while waiting:
        for name in graph.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def public_names(file: Path) -> Iterator[str]:
    """Names that `file` takes from the root of `xray_model`, by import or as `xray_model.name`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "xray_model":
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "xray_model":
            yield node.attr


def _base(node: ast.ImportFrom, name: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = name.split(".")
    parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _target(base: str, name: str, known: dict[str, Path]) -> str:
    if f"{base}.{name}" in known:
        return f"{base}.{name}"
    if base == "xray_model":
        return f"xray_model.{xray_model._MODULE_OF[name]}"
    return base
