"""`activations cite`: where activations come from, as BibTeX."""

from __future__ import annotations

import click

from activations_cli.loading import read_any_variants
from activations_cli.options import activations_argument, pass_output, terminal_options
from activations_cli.output import Output
from activations_cli.terminal import printable

__all__ = ["command"]


@click.command("cite")
@activations_argument("names", metavar="NAME...", required=True, over_axis=True)
@terminal_options
@pass_output
def command(output: Output, names: tuple[str, ...]) -> None:
    """Print the sources of activations as BibTeX.

    NAME may be a pattern such as "*elu"; a source of several activations is printed once. An entry holds
    authors, title, year, and arXiv number, DOI or venue; manuals and repositories have no title.
    """
    from activations.citation import bibtex

    found = bibtex(variant.activation for variant in read_any_variants(output, names))
    output.stdout.write(printable(found, output.stdout))
