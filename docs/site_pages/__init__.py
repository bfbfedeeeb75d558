"""What the site has beside its written pages: pages made of declarations, commands and docstrings, and their links."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from site_pages import (
    activation_pages,
    api_pages,
    command_pages,
    docstrings,
    facts,
    links,
    mathematics,
    notebooks,
    pictures,
    terminal,
)

__all__ = ["setup"]

PARTS = (
    activation_pages,
    api_pages,
    command_pages,
    docstrings,
    facts,
    links,
    mathematics,
    notebooks,
    pictures,
    terminal,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
