"""`activations plot`: a picture of f, f′ and f″."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from activations_cli.loading import read_variants
from activations_cli.options import activations_argument, force_option, pass_output, terminal_options
from activations_cli.output import Output

__all__ = ["command"]


@click.command("plot")
@activations_argument("names", metavar="NAME...", required=True)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The picture; its extension says which kind: .png, .svg or .pdf.  [default: the names, .png]",
)
@click.option("--window", nargs=2, type=float, metavar="LO HI", help="The interval to draw, as --window -3 3.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@force_option
@terminal_options
@pass_output
def command(
    output: Output,
    names: tuple[str, ...],
    path: Path | None,
    window: tuple[float, float] | None,
    theme: str,
    force: bool,
) -> None:
    """Draw activations with their derivatives into a picture, and print its path.

    Several names stand side by side: activations plot relu gelu "x*sigmoid(1.702*x)" -o compare.svg
    """
    check_window(window)
    extension = picture_format(path) if path else "png"
    variants = read_variants(output, names)

    from activations.files import require_free, write_atomically

    place = path or Path(default_name([variant.label for variant in variants]))
    require_free(place, overwrite=force)

    from activations.render.shapes import draw_shapes
    from activations.render.style import figure_bytes
    from activations.shape import shape_info

    figure = draw_shapes([shape_info(variant, window=window) for variant in variants], theme=theme)
    output.line(str(write_atomically(place, figure_bytes(figure, extension), overwrite=force)))


def check_window(window: tuple[float, float] | None) -> None:
    """Refuse what is no interval.

    Raises:
        click.BadParameter: it is none.
    """
    if window is not None and not (-1e6 <= window[0] < window[1] <= 1e6):
        low, high = window
        message = f"{low:g} to {high:g} is no interval within ±1e6; give the lower end first"
        raise click.BadParameter(message, param_hint="'--window'")


def picture_format(path: Path) -> str:
    """The kind of picture that a file name asks for.

    Raises:
        click.BadParameter: there is no such kind.
    """
    from activations.render.style import FORMATS

    extension = path.suffix.removeprefix(".").lower()
    if extension not in FORMATS:
        kinds = ", ".join(f".{name}" for name in FORMATS)
        message = f"{str(path)!r} has no extension that we can draw; write one of {kinds}"
        raise click.BadParameter(message, param_hint="'-o'")
    return extension


def default_name(labels: Sequence[str]) -> str:
    """A file name for the picture of these activations."""
    from activations.files import slug

    return f"{'-'.join(map(slug, labels))}.png" if len(labels) <= 3 else f"{slug(' '.join(labels))}.png"
