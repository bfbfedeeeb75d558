"""Files made before Sphinx reads any: written only where their text changes, removed where nobody makes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["write_made"]


def write_made(folder: Path, pages: Mapping[str, str]) -> None:
    """Make a folder hold these pages and no other Markdown.

    Args:
        folder: where, below `docs`; git ignores it.
        pages: texts by file name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
