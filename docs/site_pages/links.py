"""Every link and picture of the built site, strictly: what it names is there, down to the anchor."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

__all__ = ["broken_links", "setup"]

log = logging.getLogger(__name__)
ASKED = {"img": "src", "script": "src", "link": "href", "a": "href", "source": "srcset", "iframe": "src"}
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
    pages = {path: _Page(path) for path in sorted(folder.rglob("*.html"))}
    root = folder.resolve()
    files: dict[Path, bool] = {}
    for path, page in pages.items():
        shown = path.relative_to(folder).as_posix()
        if shown.split("/")[0] in skip:
            continue
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
            other = pages.get(folder / place.relative_to(root)) if there else None
            # An interactive page reads its anchor itself.
            anchored = not parts.fragment or other is None or shown_in(place, root) in skip
            if not there or not (anchored or (other and unquote(parts.fragment) in other.anchors)):
                yield shown, link


def shown_in(place: Path, root: Path) -> str:
    """The outermost folder of a file of the site."""
    return place.relative_to(root).parts[0]


class _Page(HTMLParser):
    """The links of one page, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember links and ids."""
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(given["id"] or "")
        link = given.get(ASKED.get(tag, ""))
        # A canonical address names the page itself and is not fetched.
        if link is not None and link != "#" and given.get("rel") != "canonical":
            self.links.append((tag, link))


def _check(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        for page, link in broken_links(Path(app.outdir), skip=("gallery",)):
            log.warning("%s links to %s, which is not there or not local", page, link)
