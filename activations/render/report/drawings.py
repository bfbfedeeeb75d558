"""All figures of a report, each drawn once, for its files and for the page."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from activations.render.fits import draw_fits
from activations.render.report.figures import draw_heat_map, draw_profile, draw_ranking
from activations.render.report.places import OVERALL, figure_names
from activations.render.style import figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.benchmark.result import Result

__all__ = ["Drawings"]


class Drawings:
    """The figures of a result by the names of their files.

    Attributes:
        result: what is drawn.
        fits: the names of the targets' fits, in the order of the targets.
        heat_map: name; empty for a single target.
        profile: name; empty without a ranking over targets.
        names: all of them, in the order of the files.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        stems = figure_names([found.target for found in result.targets])
        self.fits = tuple(f"{stem}-fits" for stem in stems)
        self.heat_map = OVERALL[0] if len(result.targets) > 1 else ""
        self.profile = OVERALL[1] if result.overall is not None else ""
        self._targets = dict(zip(self.fits, result.targets, strict=True))
        self._ranked = {f"{stem}-ranking": found for stem, found in zip(stems, result.targets, strict=True)}
        pairs = [name for stem in stems for name in (f"{stem}-fits", f"{stem}-ranking")]
        self.names = tuple(name for name in (*pairs, self.heat_map, self.profile) if name)
        self.picture = functools.cache(self._picture)
        self._figure = functools.cache(self._drawn)

    def _picture(self, name: str, ending: str) -> bytes:
        """A figure as the content of a file."""
        return figure_bytes(self._figure(name), ending)

    def _drawn(self, name: str) -> Figure:
        if name in self._targets:
            return draw_fits(self._targets[name])
        if name in self._ranked:
            return draw_ranking(self._ranked[name])
        if name == self.heat_map:
            return draw_heat_map(self.result)
        assert self.result.overall is not None
        return draw_profile(self.result.overall)
