"""The one look of every picture: colours, fonts, lines, and files that are equal on repeat."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activations.render.formula import FONT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

__all__ = [
    "FORMATS",
    "ON_ANY",
    "THEMES",
    "Theme",
    "figure_bytes",
    "new_figure",
    "style_axes",
    "styled",
    "theme_named",
]

FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class Theme:
    """The colours of a picture.

    Attributes:
        name: "light" or "dark".
        background: behind everything.
        text: titles and labels.
        muted: tick labels and second-rank text.
        grid: grid lines.
        zero: the two zero axes.
        orders: the colours of f, f′ and f″.
        cycle: colours of several curves in one picture, told apart with every common colour vision.
        low: the far negative end of a colour map.
        middle: its zero.
        high: its far positive end.
    """

    name: str
    background: str
    text: str
    muted: str
    grid: str
    zero: str
    orders: tuple[str, str, str]
    cycle: tuple[str, ...]
    low: str
    middle: str
    high: str

    def diverging(self) -> LinearSegmentedColormap:
        """The colour map of signed values, with zero in the background's colour."""
        from matplotlib.colors import LinearSegmentedColormap

        colours = [self.low, self.middle, self.high]
        return LinearSegmentedColormap.from_list(f"activations-{self.name}", colours)

    def rising(self) -> LinearSegmentedColormap:
        """The colour map of values of one sign, from the background's colour on."""
        from matplotlib.colors import LinearSegmentedColormap

        return LinearSegmentedColormap.from_list(f"activations-{self.name}-rising", [self.middle, self.high])


# Okabe and Ito 2008, "Color Universal Design"; brighter on the dark background.
THEMES = {
    theme.name: theme
    for theme in (
        Theme(
            name="light",
            background="#ffffff",
            text="#1b1f24",
            muted="#57606a",
            grid="#e6e9ed",
            zero="#9aa3ad",
            orders=("#0072b2", "#d55e00", "#009e73"),
            cycle=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d3a9b", "#4d4d4d"),
            low="#b2480a",
            middle="#fbfbfb",
            high="#0b62a0",
        ),
        Theme(
            name="dark",
            background="#12161c",
            text="#eef1f5",
            muted="#a3adb8",
            grid="#262d36",
            zero="#66707c",
            orders=("#56b4e9", "#ff9a4d", "#3ddba4"),
            cycle=("#56b4e9", "#ff9a4d", "#3ddba4", "#f0a6cf", "#f2c94c", "#7f9cf5", "#b794f4", "#c9d1d9"),
            low="#ff8a3d",
            middle="#191f27",
            high="#4fb3f0",
        ),
    )
}

# For pictures that stand on a background that nobody knows here, as in notebooks: no background, and colours of
# middle brightness, whose contrast is about 4 to 1 on white as well as on black.
ON_ANY = Theme(
    name="any",
    background="none",
    text="#747b84",
    muted="#7d848d",
    grid="#8088903a",
    zero="#808890",
    orders=("#2a80c4", "#d0600a", "#0d8f6b"),
    cycle=("#2a80c4", "#d0600a", "#0d8f6b", "#c25f97", "#a87a00", "#3a8fb7", "#8a68c8", "#7a7a7a"),
    low="#b2480a",
    middle="#fbfbfb",
    high="#0b62a0",
)


def theme_named(name: str) -> Theme:
    """The theme of that name.

    Raises:
        ValueError: there is none.
    """
    try:
        return THEMES[name]
    except KeyError:
        raise ValueError(f"theme={name!r} is unknown; write one of {', '.join(THEMES)}") from None


@contextlib.contextmanager
def styled(theme: str | Theme = "light") -> Iterator[Theme]:
    """Within it, all that matplotlib makes has the theme's look, whatever the user's own settings are."""
    chosen = theme_named(theme) if isinstance(theme, str) else theme
    with _settings_in_force(_settings(chosen)):
        yield chosen


def new_figure(theme: str | Theme, width: float, height: float) -> Figure:
    """An empty figure in the theme's background, with constrained layout.

    Args:
        theme: the theme or its name.
        width: in inches.
        height: in inches.
    """
    from matplotlib.figure import Figure

    with styled(theme) as chosen:
        return Figure(figsize=(width, height), layout="constrained", facecolor=chosen.background)


def style_axes(axes: Axes, theme: Theme, zero: bool = True) -> None:
    """Give the axes the shared look: no box, a light grid behind the curves, the zero axes emphasised.

    Args:
        axes: where curves are or will be drawn.
        theme: the colours.
        zero: draw the lines x = 0 and y = 0.
    """
    axes.set_facecolor(theme.background)
    axes.set_axisbelow(True)
    axes.grid(True, color=theme.grid, linewidth=0.8)
    axes.tick_params(colors=theme.muted, length=0, labelsize=9)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if zero:
        axes.axhline(0.0, color=theme.zero, linewidth=1.0, zorder=1.5, gid="zero")
        axes.axvline(0.0, color=theme.zero, linewidth=1.0, zorder=1.5, gid="zero")


def figure_bytes(figure: Figure, format: str = "png", dpi: float = 160.0) -> bytes:
    """The figure as a file's content: the same bytes each time, without a date.

    Args:
        figure: the picture.
        format: "png", "svg" or "pdf".
        dpi: dots per inch of a PNG.

    Raises:
        ValueError: the format is another one.
    """
    if format not in FORMATS:
        raise ValueError(f"format={format!r} can't be written; write one of {', '.join(FORMATS)}")
    nameless: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    content = io.BytesIO()
    with _settings_in_force(_COMMON), _quiet_fonts():
        if figure.get_layout_engine() is not None:
            # Constrained layout moves things a little at each drawing; after the first they stay.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
        figure.savefig(content, format=format, dpi=dpi, metadata=nameless[format])
    return content.getvalue()


@contextlib.contextmanager
def _quiet_fonts() -> Iterator[None]:
    """Without fontTools' remarks on the dates in matplotlib's own fonts, which it embeds in a PDF."""
    logger = logging.getLogger("fontTools")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


# What matplotlib reads only when it draws, so that it must hold at saving too.
_COMMON: dict[str, Any] = {
    "axes.unicode_minus": True,
    "font.family": [FONT],
    "mathtext.fontset": "dejavusans",
    "mathtext.default": "it",
    "path.simplify": True,
    "pdf.compression": 6,
    "pdf.fonttype": 42,
    "savefig.bbox": None,
    "savefig.edgecolor": "auto",
    "savefig.facecolor": "auto",
    "savefig.transparent": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "activations",
    "text.usetex": False,
}


@contextlib.contextmanager
def _settings_in_force(settings: dict[str, Any]) -> Iterator[None]:
    import matplotlib as mpl

    parameters: dict[str, Any] = mpl.rcParams  # type: ignore[assignment]
    with mpl.rc_context():
        parameters.update(settings)
        yield


def _settings(theme: Theme) -> dict[str, Any]:
    import matplotlib as mpl
    from cycler import cycler

    # The backend stays the user's: setting it would load one.
    defaults: dict[str, Any] = mpl.rcParamsDefault  # type: ignore[assignment]
    factory = {key: value for key, value in defaults.items() if "backend" not in key}
    return {
        **factory,
        **_COMMON,
        "axes.edgecolor": theme.zero,
        "axes.facecolor": theme.background,
        "axes.labelcolor": theme.text,
        "axes.labelsize": 10,
        "axes.prop_cycle": cycler(color=list(theme.cycle)),
        "axes.titlecolor": theme.text,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "figure.facecolor": theme.background,
        "font.size": 10,
        "legend.edgecolor": theme.grid,
        "legend.facecolor": theme.background,
        "legend.fontsize": 9,
        "legend.frameon": False,
        "legend.labelcolor": theme.text,
        "lines.linewidth": 2.0,
        "lines.solid_capstyle": "round",
        "lines.solid_joinstyle": "round",
        "text.color": theme.text,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
    }
