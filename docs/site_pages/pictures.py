"""The committed gallery as a part of the site: its pictures, and its interactive page."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

__all__ = ["GALLERY", "measured", "setup"]

GALLERY = Path(__file__).parents[2] / "gallery"
PARTS = ("light", "dark", "fits", "index.html")
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def setup(app: Sphinx) -> None:
    """Copy it once the pages are written."""
    app.connect("build-finished", _copy)


@cache
def measured() -> dict[str, dict[str, Any]]:
    """What the gallery's page knows of each activation, by name.

    To measure all of them takes minutes, and a test of the gallery holds its figures to what the code gives.
    """
    found = DATA.search((GALLERY / "index.html").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("gallery/index.html has no data; draw it again: activations gallery -o gallery --force")
    return {item["id"]: item for item in json.loads(found[1])}


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    for part in PARTS:
        source, place = GALLERY / part, Path(app.outdir) / "gallery" / part
        place.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, place)
