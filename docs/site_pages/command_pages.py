"""The reference of the command line, made of the click commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from sphinx.application import Sphinx

from activations_cli.main import COMMANDS, cli
from site_pages.made import write_made
from site_pages.markdown import escaped, fence, table

__all__ = ["command_page", "setup"]

FOLDER = "commands"


def setup(app: Sphinx) -> None:
    """Make the pages before any is read."""
    app.connect("builder-inited", _make)


def command_page(name: str) -> str:
    """The page of one command with its subcommands."""
    context = click.Context(cli, info_name="activations", **cli.context_settings)
    command = cli.get_command(context, name)
    if command is None:
        raise ValueError(f"there is no command {name!r}")
    return "\n\n".join(_sections(command, click.Context(command, info_name=name, parent=context), 1)) + "\n"


def _make(app: Sphinx) -> None:
    pages = {f"{name}.md": command_page(name) for name in COMMANDS}
    context = click.Context(cli, info_name="activations", **cli.context_settings)
    rows = [
        (f"[`{name}`]({name}.md)", escaped((cli.get_command(context, name) or cli).get_short_help_str(120)))
        for name in COMMANDS
    ]
    index = [
        "# Command line",
        "Made of the commands' own help. `activations COMMAND --help` prints the same; an option that is not typed is "
        "taken from the environment variable below it, then from the configuration files.",
        table(("command", "what it does"), rows),
        *list(_sections(cli, context, 1))[1:],
        "```{toctree}\n:hidden:\n\n" + "\n".join(COMMANDS) + "\n```",
    ]
    write_made(Path(app.srcdir) / FOLDER, {**pages, "index.md": "\n\n".join(index) + "\n"})


def _sections(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}"
    yield fence("text", " ".join([context.command_path, *command.collect_usage_pieces(context)]))
    yield from paragraphs(command.help or "")
    options = [parameter for parameter in command.get_params(context) if isinstance(parameter, click.Option)]
    rows = [_row(option, context) for option in options if not option.hidden]
    if rows:
        yield "\n\n".join(rows)
    if command.epilog:
        yield from paragraphs(command.epilog)
    if isinstance(command, click.Group) and command is not cli:
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _sections(below, click.Context(below, info_name=name, parent=context), level + 1)


def paragraphs(text: str) -> Iterator[str]:
    """A help text as Markdown: what click keeps as it is, because it begins with a backspace, becomes a block."""
    for part in text.replace("\r", "").split("\n\n"):
        if part.strip().startswith("\b"):
            rows = [row.rstrip() for row in part.replace("\b", "").strip("\n").splitlines()]
            margin = min((len(row) - len(row.lstrip()) for row in rows if row), default=0)
            yield fence("text", "\n".join(row[margin:] for row in rows))
        elif part.strip():
            yield escaped(" ".join(part.split()))


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context) or (" / ".join(option.opts), "")
    variables = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    variable = f"\\\n  `{variables[0]}`" if variables else ""
    return f"`{record[0]}`\n: {escaped(' '.join(record[1].split()))}{variable}"
