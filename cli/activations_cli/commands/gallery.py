"""`activations gallery`: a folder of pictures with a page to browse them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from activations_cli.loading import read_variants
from activations_cli.options import activations_argument, force_option, pass_output, terminal_options
from activations_cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.declare import Variant
    from activations.registry import Registry

__all__ = ["command"]

THEMES = {"light": ("light",), "dark": ("dark",), "both": ("light", "dark")}


@click.command("gallery")
@activations_argument("names", metavar="[NAME]...")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write into; made if it is missing.",
)
@click.option("--family", "families", metavar="FAMILY", multiple=True, help="Only this family; may be repeated.")
@click.option(
    "--format",
    "format",
    type=click.Choice(["svg", "png", "pdf"]),
    default="svg",
    show_default=True,
    help="Kind of the pictures; with pdf there is no page.",
)
@click.option(
    "--theme", type=click.Choice(list(THEMES)), default="both", show_default=True, help="For which background to draw."
)
@force_option
@terminal_options
@pass_output
def command(
    output: Output,
    names: tuple[str, ...],
    folder: Path,
    families: tuple[str, ...],
    format: str,
    theme: str,
    force: bool,
) -> None:
    """Draw all activations, or those named, into a folder, and print the file to open.

    The folder gets a picture of each, a contact sheet of each family, a poster of everything, a table (README.md), an
    interactive page (index.html; not for PDF) and a list of what was drawn (manifest.json).
    """
    variants = read_variants(output, names)

    from activations.registry import default_registry
    from activations.render.gallery import write_gallery

    registry = default_registry()
    chosen = of_families(variants, families, registry)
    with output.progress() as advance:
        opened = write_gallery(
            folder, chosen, registry, format=format, themes=THEMES[theme], overwrite=force, progress=advance
        )
    output.line(str(opened))


def of_families(variants: Sequence[Variant], families: Sequence[str], registry: Registry) -> list[Variant]:
    """Those of the given families; all of them if none is given.

    Raises:
        click.BadParameter: nothing that was named is of such a family.
    """
    from activations.registry import plain
    from activations.render.gallery import family_of

    if not families:
        return list(variants)
    names = {plain(name): name for name in (family_of(variant, registry) for variant in variants)}
    for family in families:
        if plain(family) not in names:
            listed = ", ".join(sorted(names.values()))
            message = f"{family!r} is no family of what is drawn; write one of {listed}"
            raise click.BadParameter(message, param_hint="'--family'")
    wanted = set(map(plain, families))
    return [variant for variant in variants if plain(family_of(variant, registry)) in wanted]
