"""The source of an activation as BibTeX."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable

from activations.axis import AxisActivation
from activations.bibliography import TITLES
from activations.declare import Activation
from activations.errors import DeclarationError

__all__ = ["bibtex", "escape"]

SOURCE = re.compile(r"(?P<authors>.{1,300}?),? (?P<year>(?:18|19|20)\d\d)(?:, (?P<rest>.+))?\Z")
ARXIV = re.compile(r"\barXiv: ?(?P<number>\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
DOI = re.compile(r"\bdoi: ?(?P<number>10\.\d{4,9}/[-._;()/:A-Za-z0-9]+)", re.IGNORECASE)
WEB = re.compile(r"(?:https?://)?(?P<address>(?:[a-z0-9-]+\.)+(?:com|org|io|net|edu|ai)(?:/\S*)?)\Z", re.IGNORECASE)
VERSION = re.compile(r"v\d+\Z")
KEPT = re.compile(r"(\{[^{}]*\}|[\w-]*\w[A-Z][\w-]*)")
ET_AL = re.compile(r",? et al\.?\Z")
MARKS = {  # combining characters as LaTeX accents
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0326": "textcommabelow",
    "\u0327": "c",
    "\u0328": "k",
}
LETTERS = {
    "\\": r"{\textbackslash}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    **{mark: f"\\{mark}" for mark in "$&%#_"},
    "ı": r"{\i}",
    "ł": r"{\l}",
    "Ł": r"{\L}",
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "æ": r"{\ae}",
    "Æ": r"{\AE}",
    "œ": r"{\oe}",
    "Œ": r"{\OE}",
    "ß": r"{\ss}",
    "đ": r"{\dj}",
    "–": "--",
    "—": "---",
}


def bibtex(activations: Iterable[Activation | AxisActivation]) -> str:
    """BibTeX for the sources of activations: one entry per source, each below a line that names the activations.

    An entry is made of the declaration's `paper`, and has a title where `activations.bibliography` knows it. An arXiv
    number becomes `eprint`, a DOI `doi`, a web address `url`, anything else `howpublished`. The key depends on the
    source alone.

    Raises:
        DeclarationError: one is a typed formula, which has no source.
    """
    entries: dict[str, tuple[str, list[str]]] = {}
    for item in activations:
        if isinstance(item, Activation) and not item.has_paper:
            raise DeclarationError(f"{item.name!r} is a typed formula, which has no source; write a name")
        key, fields = _entry(item.paper)
        _, names = entries.setdefault(key, (fields, []))
        if item.name not in names:
            names.append(item.name)
    return "\n".join(f"% {', '.join(names)}\n@misc{{{key},\n{fields}\n}}\n" for key, (fields, names) in entries.items())


def escape(text: str) -> str:
    """A text for a field in braces: LaTeX's characters as text, accents as commands, white space as blanks."""
    plain = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text).split())
    return _letters(plain)


def _letters(text: str) -> str:
    return "".join(_letter(character) for character in unicodedata.normalize("NFC", text))


def _letter(character: str) -> str:
    if character in LETTERS:
        return LETTERS[character]
    base, *marks = list(unicodedata.normalize("NFD", character))
    if len(marks) != 1 or marks[0] not in MARKS or not base.isascii():
        return character
    command = MARKS[marks[0]]
    return f"{{\\{command}{{{base}}}}}" if command.isalpha() else f"{{\\{command}{base}}}"


def _entry(paper: str) -> tuple[str, str]:
    """The key of a source and its fields as lines."""
    fields: dict[str, str] = {}
    source = SOURCE.match(" ".join(paper.split()))
    if source:
        fields["author"] = _authors(source["authors"])
    rest = (source["rest"] or "") if source else paper
    arxiv, doi, web = ARXIV.search(rest), DOI.search(rest), WEB.match(rest.strip())
    title = _title(paper, arxiv, doi)
    if title:
        fields["title"] = _protected(title)
        rest = rest.removeprefix(title).lstrip(" ,")
    if source:
        fields["year"] = source["year"]
    if arxiv:
        fields |= {"eprint": arxiv["number"], "archivePrefix": "arXiv"}
        fields["url"] = f"https://arxiv.org/abs/{arxiv['number']}"
    if doi:
        fields["doi"] = _bare(doi)
    if web:
        fields["url"] = "https://" + urllib.parse.quote(web["address"], safe="/-._~?=&+:@,;")
    if not (arxiv or doi or web) and rest.strip():
        fields["howpublished" if source else "note"] = escape(rest)
    width = max(len(name) for name in fields)
    lines = [f"  {name:<{width}} = {{{value}}}," for name, value in fields.items()]
    return _key(paper, source, arxiv), "\n".join(lines)


def _title(paper: str, arxiv: re.Match[str] | None, doi: re.Match[str] | None) -> str | None:
    """The title of a source, whichever version of it is named."""
    if arxiv:
        return TITLES.get(VERSION.sub("", arxiv["number"]))
    return TITLES.get(_bare(doi) if doi else " ".join(paper.split()))


def _bare(doi: re.Match[str]) -> str:
    """A DOI without the full stop of the sentence that it ends."""
    return doi["number"].rstrip(".,;:")


def _protected(title: str) -> str:
    """A title whose names are in braces, so that no style writes them small."""
    parts = enumerate(KEPT.split(title))
    return "".join(f"{{{_letters(part.strip('{}'))}}}" if number % 2 else _letters(part) for number, part in parts)


def _authors(text: str) -> str:
    """Surnames joined by "and"; one of several words is kept together by braces."""
    names = [name.strip() for name in ET_AL.sub("", text).split(",")]
    shown = [f"{{{escape(name)}}}" if " " in name else escape(name) for name in names if name]
    return " and ".join(shown + ["others"] * bool(ET_AL.search(text)))


def _key(paper: str, source: re.Match[str] | None, arxiv: re.Match[str] | None) -> str:
    """First surname, year and what tells apart two sources of one author in one year."""
    first = source["authors"].partition(",")[0] if source else ""
    ascii_only = unicodedata.normalize("NFD", ET_AL.sub("", first)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z]", "", ascii_only.lower())[:40] or "source"
    ending = arxiv["number"].replace("/", "-") if arxiv else hashlib.sha256(paper.encode()).hexdigest()[:6]
    return f"{name}{source['year'] if source else ''}-{ending}"
