"""The committed notebooks as pages, with the outputs that they hold; a test runs them and compares."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from site_pages.made import write_made
from site_pages.markdown import fence, raw

__all__ = ["notebook_page", "setup"]

FOLDER = "notebooks"
FIRST = 1


def setup(app: Sphinx) -> None:
    """Make the pages before any is read."""
    app.connect("builder-inited", _make)


def notebook_page(notebook: Mapping[str, Any], name: str) -> str:
    """The page of a notebook: its text as it is, its code, and below it what it shows.

    Args:
        notebook: the content of the file.
        name: of the file, to be downloaded.
    """
    parts: list[str] = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
        else:
            parts += [fence("ipython" if text.startswith("%") else "python", text), *map(_output, cell["outputs"])]
    parts.insert(FIRST, f"This page is a notebook: {{download}}`{name} <{name}>`. The tests run it.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _output(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return fence("text", "".join(output["text"]).rstrip())
    data = output["data"]
    if "text/html" in data:
        return raw(f'<div class="shown">{"".join(data["text/html"])}</div>')
    if "image/png" in data:
        about = html.escape("".join(data.get("text/plain", "a figure")))
        return raw(
            f'<div class="shown"><img alt="{about}" src="data:image/png;base64,{data["image/png"].strip()}"></div>'
        )
    return fence("text", "".join(data["text/plain"]))


def _notebooks(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.ipynb")):
        yield f"{path.stem}.md", notebook_page(json.loads(path.read_text(encoding="utf-8")), path.name)


def _make(app: Sphinx) -> None:
    folder = Path(app.srcdir) / FOLDER
    write_made(folder, dict(_notebooks(folder)))
