"""The options and argument types that commands share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from click.shell_completion import CompletionItem

from activations_cli.defaults import counts
from activations_cli.known_names import Kind, known_names
from activations_cli.output import Output
from activations_cli.stores import ARGUMENTS

__all__ = [
    "DEVICE",
    "FILE",
    "HIDDEN",
    "NO_PLUGINS",
    "SEED",
    "activations_argument",
    "asks_for_details",
    "complete_activations",
    "complete_all",
    "complete_suites",
    "complete_targets",
    "force_option",
    "json_option",
    "message_options",
    "pass_output",
    "plugin_options",
    "terminal_options",
    "version_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

NO_PLUGINS = "--no-plugins"


def pass_output(body: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command's body the output, and let nothing but that reach stdout while it runs."""

    @click.make_pass_decorator(Output, ensure=True)
    @functools.wraps(body)
    def run(output: Output, *arguments: Any, **options: Any) -> Any:
        with output.apart():
            return body(output, *arguments, **options)

    return run


def plugin_options(*, hidden: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add --plugin, --no-plugins and --strict-plugins; they work at once, before a command is looked up.

    Args:
        hidden: leave them out of the help text, as all commands do: the group's tells them.
    """

    def add_files(context: click.Context, parameter: click.Parameter, paths: Sequence[Path]) -> None:
        if paths and not context.resilient_parsing:
            from activations.plugins import add_file, forget_files

            for path in paths:
                add_file(path)
            context.call_on_close(forget_files)

    def leave_out(context: click.Context, parameter: click.Parameter, names: Sequence[str]) -> None:
        if names and not context.resilient_parsing:
            from activations.plugins import select

            select(name for text in names for name in text.split(","))
            context.call_on_close(select)

    def make_strict(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Output).strict = True

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option(
                "--strict-plugins",
                is_flag=True,
                hidden=hidden,
                expose_value=False,
                callback=make_strict,
                help="End with an error if anything is wrong with a plugin.",
            ),
            click.option(
                NO_PLUGINS,
                metavar="[=NAMES]",
                multiple=True,
                hidden=hidden,
                expose_value=False,
                callback=leave_out,
                help="Leave out all plugins, or those named: --no-plugins=a,b.",
            ),
            click.option(
                "--plugin",
                metavar="FILE.py",
                type=click.Path(path_type=Path),
                multiple=True,
                hidden=hidden,
                expose_value=False,
                callback=add_files,
                help="Take a Python file for a plugin; may be given several times.",
            ),
        ):
            command = option(command)
        return command

    return add


def terminal_options(command: Command) -> Command:
    """Add what every command understands: -v, -q, --color, and the options of plugins, which the group's help tells."""
    plugin_options(hidden=True)(command)  # click notes options on the function itself
    return message_options(command)


def message_options(command: Command) -> Command:
    """Add -v, -q and --color."""

    def set_verbosity(context: click.Context, parameter: click.Parameter, value: int) -> None:
        if value and counts(context, parameter, "verbosity"):
            context.ensure_object(Output).verbosity = value if parameter.name == "verbose" else -value

    def set_color(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value is not None and counts(context, parameter, "color"):
            context.ensure_object(Output).color = value

    for option in (
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            expose_value=False,
            callback=set_color,
            help="When to use colours; auto looks at the terminal, NO_COLOR and FORCE_COLOR.",
        ),
        click.option(
            "-q", "--quiet", count=True, expose_value=False, callback=set_verbosity, help="No progress, no notes."
        ),
        click.option(
            "-v", "--verbose", count=True, expose_value=False, callback=set_verbosity, help="Tell more details."
        ),
    ):
        command = option(command)
    return command


def version_option(command: Command) -> Command:
    """Add --version; the version is looked up only when it is asked for."""

    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            import activations

            click.echo(f"activations {activations.__version__}")
            if asks_for_details(context.meta.get(ARGUMENTS, ())):
                from activations_cli.bug_report import show_surroundings

                show_surroundings(context.ensure_object(Output))
            context.exit()

    option = click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Print the version and exit; with -v all that a bug report needs.",
    )
    return option(command)


def asks_for_details(arguments: Sequence[str]) -> bool:
    """Whether -v or --verbose is typed; read by hand, as a bug may strike before or while click parses."""
    return any(argument == "--verbose" or re.fullmatch("-[qv]*v[qv]*", argument) for argument in arguments)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(command)


def force_option(command: Command) -> Command:
    """Add --force."""
    return click.option("--force", is_flag=True, help="Overwrite files that exist.")(command)


def activations_argument(name: str, *, metavar: str, required: bool = False, over_axis: bool = False) -> Decorator[Any]:
    """Add an argument that takes activations, also functions over a dimension if told, completed by the shell."""
    complete = complete_all if over_axis else complete_activations
    return click.argument(name, metavar=metavar, nargs=-1, required=required, shell_complete=complete)


def complete_activations(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The elementwise activations that start as typed, behind a colon the settings of one.

    Those of plugins are told as they were seen when loaded last.
    """
    return _settings(incomplete, "elementwise") or _completed(incomplete.replace("-", "_"), "elementwise")


def complete_all(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same of both kinds: functions over a dimension are offered too."""
    kinds: tuple[Kind, ...] = ("elementwise", "axis")
    return _settings(incomplete, *kinds) or _completed(incomplete.replace("-", "_"), *kinds)


def complete_targets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The targets that start as typed."""
    return _completed(incomplete, "target")


def complete_suites(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The suites that start as typed."""
    return _completed(incomplete, "suite")


def _completed(incomplete: str, *kinds: Kind) -> list[CompletionItem]:
    try:
        names = known_names(*kinds)
    except Exception:  # a completion is silent, whatever is broken
        return []
    found = [(name, text) for name, text in names.items() if name.startswith(incomplete.lower())]
    return [CompletionItem(name, help=text or None) for name, text in found]


def _settings(incomplete: str, *kinds: Kind) -> list[CompletionItem]:
    """What may follow the colon of `sigmoid:` or the comma of `hardtanh:min_val=-2,`, with values to change."""
    name, colon, typed = incomplete.partition(":")
    started = typed.rpartition(",")[2]
    try:
        name = name.replace("-", "_").lower()
        if not colon or name not in known_names(*kinds):
            return []
        offered = known_names("setting")[name].split(",")
    except Exception:  # a completion is silent, whatever is broken
        return []
    given = {part.partition("=")[0].strip() for part in typed.split(",")[:-1]}
    before = incomplete.removesuffix(started)
    found = [text for text in offered if text.startswith(started) and text.partition("=")[0] not in given]
    return [CompletionItem(f"{before}{text}") for text in found if text]


class DeviceType(click.ParamType[str]):
    """A device as torch names it; whether this machine has it is asked when it is used."""

    name = "device"
    pattern = re.compile(r"auto|cpu|mps|cuda(:[0-9]{1,3})?")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        text = str(value).strip().lower()
        if not self.pattern.fullmatch(text):
            self.fail(f"{value!r} is no device; write auto, cpu, cuda, cuda:0 or mps", param, ctx)
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The devices that start as typed."""
        return [CompletionItem(name) for name in ("auto", "cpu", "cuda", "mps") if name.startswith(incomplete)]


class Hidden(NamedTuple):
    """Hidden layers as typed: their widths, and the activation of each that has one of its own, as text."""

    widths: tuple[int, ...]
    own: tuple[str, ...] = ()


class HiddenType(click.ParamType[Hidden]):
    """Hidden layers, as `32,32` or `relu:64,sine:32`."""

    name = "layers"
    pattern = re.compile(r"(?:(?P<own>.+):)?(?P<width>[0-9]{1,20})")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Hidden:
        """Read the widths; the library knows their range, and imports nothing heavy for it."""
        if isinstance(value, Hidden):
            return value
        parts = [self.pattern.fullmatch(part.strip()) for part in str(value).split(",")]
        if not all(parts):
            message = f"{value!r} is no list of widths; write whole numbers as in 32,32, or relu:64,sine:32"
            self.fail(message, param, ctx)
        found = [part for part in parts if part is not None]
        own = tuple(part["own"] or "" for part in found)
        if ctx is not None and ctx.resilient_parsing:  # the shell asks for a completion, and waits
            return Hidden(tuple(int(part["width"]) for part in found), own if any(own) else ())
        from activations.fitting.network import read_hidden
        from activations.fitting.settings import SettingError

        try:
            return Hidden(read_hidden([int(part["width"]) for part in found]), own if any(own) else ())
        except SettingError as error:
            self.fail(str(error), param, ctx)


class SeedType(click.ParamType[int]):
    """A seed; how large it may be is the benchmark's business."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"[0-9]{1,30}", str(value).strip()):
            self.fail(f"{value!r} is no seed; write a whole number from 0 on", param, ctx)
        return int(value)


DEVICE = DeviceType()
SEED = SeedType()
HIDDEN = HiddenType()
# A file to read. Whether one may is found out by opening it: a missing right is no mistake in the command.
FILE = click.Path(path_type=Path, readable=False)
