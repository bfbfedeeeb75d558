"""The gallery's table for a code host, in Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.render.gallery_entry import GalleryEntry

__all__ = ["readme_text"]

MARKUP = re.compile(r"[\\`*_\[\]|~#$@<>&\"'!]")
CODE = re.compile(r"[\w\s+\-*/^().,<>=!&%]+", re.ASCII)
THUMBNAIL = 220
LONGEST_FORMULA = 300
LONGEST_SOURCE = 200


def readme_text(
    families: Mapping[str, Sequence[GalleryEntry]],
    sheets: Mapping[str, Sequence[str]],
    poster: Sequence[str],
    *,
    page: str | None,
    pictures_shown: bool,
    beside: Sequence[tuple[str, str]] = (),
) -> str:
    """All activations by family, with pictures, formulas and sources; links are relative.

    Args:
        families: the activations of each family.
        sheets: for each family the paths of its contact sheet: the light one first.
        poster: the same of the poster.
        page: the path of the interactive page, if there is one.
        pictures_shown: whether a browser can show the pictures, as it can't with PDF.
        beside: titles and paths of other galleries in the same folder.
    """
    count = sum(map(len, families.values()))
    lines = ["# Gallery", "", f"{count} activation{'s' * (count != 1)}, drawn by `activations gallery`."]
    lines += [
        "Blue is f, orange f′, green f″; dashed grey lines are asymptotes, ticks on the lower edge are kinks,",
        "and dots stand at jumps: a full one where the function takes the value.",
        "",
    ]
    if page:
        lines += [f"[{page}]({page}) is the interactive page: download the folder and open it in a browser.", ""]
    for title, path in beside:
        lines += [f"[{title}]({path}) are a gallery of their own.", ""]
    lines += [_image(poster, "All activations on one poster", 880, link=poster[0]), ""]
    lines += [f"- [{_text(name)}](#{anchor(name)}) ({len(entries)})" for name, entries in families.items()]
    for name, entries in families.items():
        sheet = sheets[name][0]
        # The anchor does not depend on how the host makes one from a heading.
        lines += ["", f'<a id="{anchor(name)}"></a>', "", f"## {_text(name)}", ""]
        lines += [f"[Contact sheet]({sheet})", ""]
        lines += ["| picture | activation | formula | source |", "|---|---|---|---|"]
        lines += [_row(entry, pictures_shown) for entry in entries]
    return "\n".join(lines) + "\n"


def anchor(family: str) -> str:
    """A place within the document for a family."""
    from activations.files import slug

    return f"family-{slug(family)}"


def _row(entry: GalleryEntry, pictures_shown: bool) -> str:
    activation, info = entry.variant.activation, entry.info
    name = _text(info.label)
    paths = [path for path in (entry.picture, entry.picture_dark) if path]
    picture = (
        _image(paths, f"curves of {info.label}", THUMBNAIL, link=entry.picture)
        if pictures_shown
        else f"[picture]({entry.picture})"
    )
    extra = [path for path in (entry.sweep, entry.sweep_dark) if path]
    if extra and pictures_shown:
        picture += "<br>" + _image(extra, f"parameters of {info.label}", THUMBNAIL, link=extra[0])
    elif extra:
        picture += f"<br>[parameters]({extra[0]})"
    aliases = ", ".join(_text(alias) for alias in activation.aliases)
    settings = ", ".join(f"{name} = {value:.6g}" for name, value in info.parameters)
    cell = f"**{name}**" + "".join(
        f"<br>{part}"
        for part in (
            f"also {aliases}" if aliases else "",
            _code(settings) if settings else "",
            _text(activation.summary),
        )
        if part
    )
    source = _text(activation.paper, LONGEST_SOURCE)
    if entry.origin not in ("built-in", "typed"):
        source += f"<br>from {_text(entry.origin)}"
    return f"| {picture} | {cell} | {_code(info.formula)} | {source} |"


def _image(paths: Sequence[str], words: str, width: int, link: str) -> str:
    """A picture in the reader's theme that leads to the file."""
    image = f'<img src="{paths[0]}" width="{width}" alt="{_text(words)}">'
    if len(paths) > 1:
        dark = f'<source media="(prefers-color-scheme: dark)" srcset="{paths[1]}">'
        image = f"<picture>{dark}{image}</picture>"
    return f'<a href="{link}">{image}</a>'


def _code(text: str) -> str:
    shown = _one_line(text, LONGEST_FORMULA)
    return f"`{shown}`" if CODE.fullmatch(shown) else f"<code>{_text(shown)}</code>"


def _text(text: str, longest: int = LONGEST_FORMULA) -> str:
    """Foreign text that Markdown and HTML leave as it is."""
    shown = MARKUP.sub(lambda match: f"&#{ord(match[0])};", _one_line(text, longest))
    # Hosts make links from bare addresses; a broken scheme stays text.
    return re.sub(r"(?i)(?<=http)(?=s?:)|(?<=www)(?=\.)", "&#8203;", shown)


def _one_line(text: str, longest: int) -> str:
    """One line without control characters, cut with an ellipsis."""
    line = " ".join(text.split())
    line = "".join(letter if unicodedata.category(letter)[0] != "C" else "□" for letter in line)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
