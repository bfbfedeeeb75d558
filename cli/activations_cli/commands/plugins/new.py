"""`activations plugins new`: a plugin of one's own, complete from the first minute."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from activations_cli.options import force_option, pass_output, terminal_options
from activations_cli.output import Output

if TYPE_CHECKING:
    from activations.scaffold import Kind

__all__ = ["command"]

KINDS = ("activation", "target", "command")
NEXT = {
    "activation": ("activations check {name}", "activations bench sin -a {name} -a relu -a tanh"),
    "target": ("activations targets --suite {name}", "activations bench {name}"),
    "command": ("activations {name} relu",),
}


@click.command("new")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="activation", show_default=True, help="What it provides.")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder to create.  [default: activations-NAME]",
)
@force_option
@terminal_options
@pass_output
def command(output: Output, name: str, kind: Kind, folder: Path | None, force: bool) -> None:
    """Write a new plugin: a distribution with a working example, its tests, a licence and a CI workflow.

    NAME is what the example is called, such as wave; the distribution is then activations-wave. It can be installed,
    checked and benchmarked as it is, and its comments say what to change.
    """
    from activations.scaffold import new_plugin
    from activations.scaffold.names import read_names

    names = read_names(name)
    if kind == "command":
        refuse_our_own(names.name)
    paths = new_plugin(name, kind, folder, overwrite=force)
    for path in paths:
        output.line(str(path))
    place = shlex.quote(str(paths[0].parent))
    commands = [f"python -m pip install -e {place}", *(line.format(name=names.name) for line in NEXT[kind])]
    output.note("\n".join(["Next:", *(f"  {line}" for line in commands)]))


def refuse_our_own(name: str) -> None:
    """Refuse the name of a command that this tool has.

    Raises:
        click.BadParameter: it has one.
    """
    from activations_cli.main import COMMANDS

    if name.replace("_", "-") in COMMANDS:
        raise click.BadParameter(f"{name!r} is a command of this tool; choose another name", param_hint="NAME")
