"""Contact sheets: many small pictures on one page, each with its name."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from activations.render.formula import plain, text_size
from activations.render.shapes import draw_shapes
from activations.render.style import figure_bytes, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.render.style import Theme
    from activations.shape import ShapeInfo

__all__ = ["Tile", "draw_poster", "draw_sheet", "draw_tile"]

DPI = 100.0
# Inches.
WIDTH, HEIGHT = 1.6, 1.2
GAP = 0.16
NAME = 0.26
MARGIN = 0.4
TITLE = 0.75
FAMILY = 0.5
NAMES = ("f", "f ′", "f ″")


@dataclass(frozen=True)
class Tile:
    """A small picture of one activation.

    Attributes:
        label: its name.
        pixels: height x width x 4 numbers from 0 to 1.
    """

    label: str
    pixels: Any


Family: TypeAlias = tuple[str, Sequence[Tile]]  # its name and its members


def draw_tile(info: ShapeInfo, theme: str) -> Tile:
    """Draw one activation small.

    Args:
        info: what to draw.
        theme: "light" or "dark".
    """
    from matplotlib.image import imread

    figure = draw_shapes([info], theme=theme, size="thumbnail")
    return Tile(info.label, imread(io.BytesIO(figure_bytes(figure, "png", DPI)), format="png"))


def draw_sheet(title: str, tiles: Sequence[Tile], theme: str) -> bytes:
    """The activations of one family on one page, as a PNG.

    Args:
        title: stands above.
        tiles: the small pictures.
        theme: "light" or "dark".
    """
    columns = min(8, max(4, math.ceil(math.sqrt(1.4 * len(tiles)))))
    height = MARGIN + TITLE + _height(len(tiles), columns) + MARGIN
    with styled(theme) as look:
        figure = new_figure(look, _width(columns), height)
        figure.set_layout_engine("none")
        page = _Page(figure, look, height)
        page.heading(title, _counted(len(tiles)), 20)
        page.tiles(tiles, columns)
        return figure_bytes(figure, "png", DPI)


def draw_poster(title: str, families: Sequence[Family], theme: str) -> bytes:
    """All activations on one page, one family after the other, as a PNG.

    Args:
        title: stands above.
        families: names with their small pictures.
        theme: "light" or "dark".
    """
    count = sum(len(tiles) for _, tiles in families)
    columns = min(16, max(6, math.ceil(math.sqrt(1.1 * count))))
    rows = _side_by_side(families, columns)
    height = MARGIN + TITLE + 0.25 + MARGIN
    height += sum(FAMILY + max(_height(len(tiles), columns) for _, tiles in row) for row in rows)
    with styled(theme) as look:
        figure = new_figure(look, _width(columns), height)
        figure.set_layout_engine("none")
        page = _Page(figure, look, height)
        page.heading(title, _counted(count), 34)
        page.down(0.25)
        for row in rows:
            page.families(row, columns)
        return figure_bytes(figure, "png", DPI)


def _side_by_side(families: Sequence[Family], columns: int) -> list[list[Family]]:
    """Families in rows: small ones share a row with earlier small ones where there is room."""
    rows: list[list[Family]] = []
    room: list[int] = []
    for family in families:
        needs = _columns(family)
        place = next((number for number, left in enumerate(room) if needs <= left), None)
        if place is None:
            rows.append([family])
            room.append(columns - needs)
        else:
            rows[place].append(family)
            room[place] -= needs
    return rows


def _columns(family: Family) -> int:
    """How many columns a family takes, its heading included."""
    name, tiles = family
    heading = _wide(plain(name, 60), 17) + 0.6
    return max(len(tiles), math.ceil(heading / (WIDTH + GAP)))


def _wide(text: str, size: float) -> float:
    """The width of a bold heading in inches."""
    # The measured letters are not bold.
    return 1.12 * text_size(text, size)[0] / 72.0


class _Page:
    """A page that is filled from the top; places are inches from its upper left corner."""

    def __init__(self, figure: Figure, look: Theme, height: float) -> None:
        self.figure = figure
        self.look = look
        self.height = height
        self.width = float(figure.get_figwidth())
        self.y = MARGIN

    def down(self, distance: float) -> None:
        """Leave a gap."""
        self.y += distance

    def text(self, x: float, y: float, text: str, size: float, color: str, **style: Any) -> None:
        """Write one line."""
        self.figure.text(x / self.width, 1.0 - y / self.height, text, fontsize=size, color=color, **style)

    def heading(self, title: str, remark: str, size: float) -> None:
        """The title on the left, and on the right the colours of the curves."""
        shown = plain(title, 60)
        self.text(MARGIN, self.y + TITLE / 3.0, shown, size, self.look.text, weight="bold", va="center_baseline")
        wide = _wide(shown, size)
        rest = size * 0.55
        self.text(MARGIN + wide + 0.25, self.y + TITLE / 3.0, remark, rest, self.look.muted, va="center_baseline")
        right = self.width - MARGIN
        for name, color in reversed(list(zip(NAMES, self.look.orders, strict=True))):
            self.text(right, self.y + TITLE / 3.0, name, rest, color, weight="bold", ha="right", va="center_baseline")
            right -= rest * 2.4 / 72.0
        self.down(TITLE)

    def families(self, row: Sequence[Family], columns: int) -> None:
        """Families side by side, each below a heading on a line."""
        from matplotlib.lines import Line2D

        top, first, bottom = self.y, 0, 0.0
        for number, family in enumerate(row):
            name, tiles = family
            taken = columns - first if number == len(row) - 1 else _columns(family)
            x = MARGIN + first * (WIDTH + GAP)
            shown = plain(name, 60)
            self.text(x, top + 0.2, shown, 17, self.look.text, weight="bold", va="center_baseline")
            remark = str(len(tiles))
            self.text(x + _wide(shown, 17) + 0.15, top + 0.2, remark, 13, self.look.muted, va="center_baseline")
            ends = [x / self.width, (x + min(taken, columns) * (WIDTH + GAP) - GAP) / self.width]
            height = 1.0 - (top + 0.37) / self.height
            self.figure.add_artist(Line2D(ends, [height, height], color=self.look.grid, linewidth=1.2))
            self.y = top + FAMILY
            self.tiles(tiles, columns, first)
            bottom = max(bottom, self.y)
            first += _columns(family)
        self.y = bottom

    def tiles(self, tiles: Sequence[Tile], columns: int, first: int = 0) -> None:
        """Small pictures in rows from the first column on, each below its name."""
        for number, tile in enumerate(tiles):
            row, column = divmod(number, columns)
            x = MARGIN + (first + column) * (WIDTH + GAP)
            y = self.y + row * (NAME + HEIGHT + GAP)
            name = plain(tile.label, 34)
            size = next((size for size in (10.5, 9.5, 8.5, 7.5) if text_size(name, size)[0] < 72.0 * WIDTH), 6.5)
            self.text(x + 0.04, y + NAME / 2.0, name, size, self.look.text, va="center_baseline")
            bottom = self.height - (y + NAME) - HEIGHT
            self.figure.figimage(tile.pixels, round(DPI * x), round(DPI * bottom), origin="upper")
        self.down(_height(len(tiles), columns))


def _width(columns: int) -> float:
    return 2.0 * MARGIN + columns * WIDTH + (columns - 1) * GAP


def _height(count: int, columns: int) -> float:
    return math.ceil(count / columns) * (NAME + HEIGHT + GAP)


def _counted(count: int) -> str:
    return "1 activation" if count == 1 else f"{count} activations"
