"""Where activations and targets come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activations.citation import bibtex
from activations.render.html import visible

if TYPE_CHECKING:
    from activations.benchmark.result import Result
    from activations.declare import Activation

__all__ = ["Source", "activation_sources", "bibliography", "target_sources"]

ARXIV = re.compile(r"\barXiv: ?(\d{4}\.\d{4,5}(?:v\d+)?)", re.IGNORECASE)
DOI = re.compile(r"\bdoi: ?(10\.\d{4,9}/[-._;()/:A-Za-z0-9]*[A-Za-z0-9)])", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """A source and what comes from it.

    Attributes:
        text: as declared.
        names: of activations or targets.
        address: of an arXiv page or a DOI; empty for anything else, whatever the text says.
    """

    text: str
    names: tuple[str, ...]
    address: str


def activation_sources(result: Result) -> list[Source]:
    """The papers of the ranked activations, in the order of the ranking."""
    found: dict[str, list[str]] = {}
    for activation in _activations(result):
        if activation.has_paper:
            found.setdefault(activation.paper, []).append(activation.name)
    return [_source(text, names) for text, names in found.items()]


def target_sources(result: Result) -> list[Source]:
    """The sources of the targets."""
    found: dict[str, list[str]] = {}
    for target in result.targets:
        if target.target.source:
            found.setdefault(target.target.source, []).append(target.target.name)
    return [_source(text, names) for text, names in found.items()]


def bibliography(result: Result) -> str:
    """BibTeX of the activations' papers."""
    named = [item for item in _activations(result) if item.has_paper]
    return visible(bibtex(named))


def _activations(result: Result) -> list[Activation]:
    found: dict[str, Activation] = {}
    for target in result.targets:
        for row in target.ranking:
            for outcome in target.outcomes.get(row.activation, ())[:1]:
                activation = outcome.run.variant.activation
                found.setdefault(activation.name, activation)
    return list(found.values())


def _source(text: str, names: list[str]) -> Source:
    arxiv, doi = ARXIV.search(text), DOI.search(text)
    address = f"https://arxiv.org/abs/{arxiv[1]}" if arxiv else f"https://doi.org/{doi[1]}" if doi else ""
    return Source(visible(text), tuple(visible(name) for name in dict.fromkeys(names)), address)
