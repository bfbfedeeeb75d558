"""Every link and picture of the built site, strictly: what it names is there, down to the anchor."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

__all__ = ["broken_links", "setup"]

log = logging.getLogger(__name__)
TAG = re.compile(r"<(img|script|link|a|source|iframe)\s([^>]*)>")
LINK = re.compile(r'\b(?:src|href|srcset)="([^"]*)"')
ID = re.compile(r'\sid="([^"]*)"')
FETCHED = frozenset({"img", "script", "link", "source", "iframe"})


def setup(app: Sphinx) -> None:
    """Check the site at the end, after the gallery is copied."""
    app.connect("build-finished", _check, priority=900)


def broken_links(folder: Path, skip: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Page and link of whatever is not there, or would be fetched from a network.

    Args:
        folder: the site.
        skip: folders in it that are pages of their own making, which are checked elsewhere.
    """
    root = folder.resolve()
    paths = [path for path in sorted(root.rglob("*.html")) if shown_in(path, root) not in skip]
    pages = {path: _Page(path) for path in paths}
    files: dict[Path, bool] = {}
    for path, page in pages.items():
        shown = path.relative_to(root).as_posix()
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("data", "mailto"):
                continue
            if parts.scheme or parts.netloc:
                if tag in FETCHED:
                    yield shown, link
                continue
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            there = files.setdefault(place, place.is_file() and place.is_relative_to(root))
            other = pages.get(place)  # an interactive page, which is none of these, reads its anchor itself
            if not there or (other and unquote(parts.fragment) not in other.anchors):
                yield shown, link


def shown_in(place: Path, root: Path) -> str:
    """The outermost folder of a file of the site."""
    return place.relative_to(root).parts[0]


class _Page:
    """The links of one page, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        # Sphinx and furo write every attribute in double quotes; html.parser would take half as long as the build.
        text = re.sub(
            r"<(script|style)\b([^>]*)>.*?</\1>", r"<\1\2>", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        self.links: list[tuple[str, str]] = []
        self.anchors = {"", "top", *map(html.unescape, ID.findall(text))}
        for tag, attributes in TAG.findall(text):
            found = LINK.search(attributes)
            # A canonical address names the page itself and is not fetched.
            if found and found[1] != "#" and 'rel="canonical"' not in attributes:
                self.links.append((tag, html.unescape(found[1])))


def _check(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        for page, link in broken_links(Path(app.outdir), skip=("gallery",)):
            log.warning("%s links to %s, which is not there or not local", page, link)
