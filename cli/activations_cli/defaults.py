"""Values of options that nobody typed: from the environment and configuration files, and which may come whence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from activations.errors import ActivationsError, ConfigurationError

if TYPE_CHECKING:
    from activations.configuration.file import ConfigurationFile

__all__ = [
    "SHARED",
    "FlagDefaults",
    "Setting",
    "check_file",
    "commands_by_path",
    "counts",
    "is_typed",
    "name_variables",
    "option_name",
    "origins_told",
    "settings",
]

PREFIX = "ACTIVATIONS"
DEFAULTS = "defaults"
SHARED = ("color", "device", "jobs", "json", "quiet", "seed", "store", "verbose")
"""What means the same in every command that has it: [defaults] and variables such as ACTIVATIONS_COLOR set it."""

# What changes files or loads code is typed each time; and what goes with one file or target means nothing without it.
TYPED_ONLY = ("all", "force", "help", "no-plugins", "plugin", "strict-plugins", "version", "yes")
OPERANDS = ("classify", "domain", "drop-na", "x", "y")
DELETING = (("runs", "delete"),)
OTHERS = ("ACTIVATIONS_CONFIG", "ACTIVATIONS_PLUGINS")
"""Variables that are no option's."""

Path = tuple[str, ...]


class Setting(NamedTuple):
    """The value of an option that is not typed.

    Attributes:
        value: as it is given; None for none.
        source: "default", "environment", or the role of the file.
        place: the variable, or file:line; empty for the default.
    """

    value: Any
    source: str
    place: str = ""


class FlagDefaults(dict[str, Any]):
    """What configuration files say of the options of one command, in the form in which click asks for defaults.

    Nothing is read before click asks, which it does not for what was typed, nor for --help and --version.

    Args:
        root: the command line.
        path: the names that lead from it to the command.
        silent: leave out a broken file without a word.
    """

    def __init__(self, root: click.Group, path: Path = (), *, silent: bool = False) -> None:
        super().__init__()
        self.root = root
        self.path = path
        # The command line as a whole tells nothing, so that `activations config` can; the command that runs does.
        self.silent = silent
        self._settings: dict[str, Setting] | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """The same of a command of this group: that is how click asks for it."""
        return FlagDefaults(self.root, (*self.path, key), silent=self.silent)

    def __contains__(self, name: object) -> bool:
        return name in self._found()

    def __getitem__(self, name: str) -> Any:
        return self._found()[name].value

    def place(self, name: str) -> str:
        """Where the value of a parameter stands; empty if no file has it."""
        found = self._found().get(name)
        return found.place if found else ""

    def _found(self) -> dict[str, Setting]:
        if self._settings is None:
            context = click.get_current_context(silent=True)
            silent = self.silent or self.path in ((), ("config",)) or (context and context.resilient_parsing)
            try:
                self._settings = self._read()
            except (ConfigurationError, OSError):
                if not silent:
                    raise
                return {}
        return self._settings

    def _read(self) -> dict[str, Setting]:
        from activations.configuration.places import find_files

        if not find_files():
            return {}
        from activations.configuration.found import configuration

        found_files = configuration()
        if not found_files.sets_options:
            return {}
        files = found_files.files
        commands = commands_by_path(self.root, self.path[:1])
        command = commands.get(self.path)
        if command is None:
            return {}
        for file in files:
            for mistake in check_file(file, self.root, commands):
                raise mistake
        found = {}
        for parameter in settable(self.path, command):
            setting = file_setting(files, self.path, parameter)
            if setting is not None and parameter.name:
                found[parameter.name] = setting
        return found


def commands_by_path(root: click.Group, also: Iterable[str] = ()) -> dict[Path, click.Command]:
    """The command line and all its own commands by the names that lead there.

    Args:
        root: the command line.
        also: commands of plugins to add, which are not loaded without need.
    """
    context = click.Context(root)
    names = [*getattr(root, "modules", root.list_commands(context)), *also]
    found: dict[Path, click.Command] = {(): root}
    for name in dict.fromkeys(names):
        command = root.get_command(context, name)
        if command is not None:
            found.update(_walk(command, (name,)))
    return found


def is_command(root: click.Group, name: str) -> bool:
    """Whether a command has the name, ours or a plugin's; only where none is known by it a plugin is loaded."""
    from activations_cli.plugin_commands import find_command, known_commands

    ours = frozenset(root.list_commands(click.Context(root)))
    return name in ours or name in known_commands(ours) or find_command(name) is not None


def _walk(command: click.Command, path: Path) -> Iterator[tuple[Path, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _walk(child, (*path, name))


def option_name(parameter: click.Parameter) -> str:
    """What an option is called in files: the long form without dashes. The argument STORE is called like the option."""
    if isinstance(parameter, click.Option):
        return max((text.lstrip("-") for text in parameter.opts), key=len)
    return "store" if parameter.name == "store_file" else ""


def settable(path: Path, command: click.Command) -> list[click.Parameter]:
    """The options that can be set without being typed."""
    found = []
    for parameter in command.params:
        name = option_name(parameter)
        if name and name not in TYPED_ONLY + OPERANDS and (path not in DELETING or name in SHARED):
            found.append(parameter)
    return found


def settings(
    commands: dict[Path, click.Command], files: tuple[ConfigurationFile, ...]
) -> Iterator[tuple[Path, click.Parameter, Setting]]:
    """Each option that can be set, of each command, with the value that it has where it is not typed."""
    for path, command in commands.items():
        context = click.Context(command)
        for parameter in settable(path, command):
            variable = next((name for name in variables(path, parameter) if os.environ.get(name)), None)
            if variable:
                yield path, parameter, Setting(os.environ[variable], "environment", variable)
                continue
            found = file_setting(files, path, parameter)
            default = parameter.get_default(context) if found is None else None
            yield path, parameter, found or Setting(default, "default")


def file_setting(files: tuple[ConfigurationFile, ...], path: Path, parameter: click.Parameter) -> Setting | None:
    """What the first file that says anything says of an option; of one file, the table of the command comes first."""
    name = option_name(parameter)
    for file in files:
        for keys in (path, (DEFAULTS,)):
            if keys == (DEFAULTS,) and name not in SHARED:
                continue
            table = table_at(file, keys)
            if keys and name in table:
                return Setting(
                    as_typed(file, (*keys, name), parameter, table[name]), file.role, file.place(*keys, name)
                )
    return None


def may_be_set(parameter: click.Parameter, role: str) -> bool:
    """Whether a file may choose the value: files are named by their users, but for the store of their own file."""
    return not isinstance(parameter.type, click.Path) or (option_name(parameter) == "store" and role != "project")


def table_at(file: ConfigurationFile, keys: Path) -> dict[str, Any]:
    """A table of a file; an empty one if there is none."""
    table: Any = file.tables
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}


def check_file(
    file: ConfigurationFile, root: click.Group, commands: dict[Path, click.Command]
) -> Iterator[ConfigurationError]:
    """Every mistake in the tables of a file that set options; those of commands that are not given are left alone."""
    for name, table in file.tables.items():
        if name == "activations":
            continue
        if name == DEFAULTS:
            for key, value in table.items():
                yield from check_default(file, key, value, commands)
        elif (name,) in commands:
            yield from check_table(file, (name,), table, commands)
        elif not is_command(root, name):
            from activations.configuration.values import nearest

            known = ("activations", "targets", DEFAULTS, *root.list_commands(click.Context(root)))
            yield file.error(f"unknown section {name[:80]!r}; {nearest(name, known)}", name)


def check_table(
    file: ConfigurationFile, path: Path, table: Mapping[str, Any], commands: dict[Path, click.Command]
) -> Iterator[ConfigurationError]:
    """Every mistake in the table of a command."""
    from activations.configuration.values import nearest

    command = commands[path]
    known = {option_name(parameter): parameter for parameter in command.params if option_name(parameter)}
    free = [option_name(parameter) for parameter in settable(path, command)]
    for key, value in table.items():
        if path == ("targets",) and isinstance(value, dict):
            continue  # a target
        if (*path, key) in commands and isinstance(value, dict):
            yield from check_table(file, (*path, key), value, commands)
        elif key not in known:
            offered = [name for name in free if may_be_set(known[name], file.role)]
            yield file.error(
                f"unknown key {key[:80]!r}; {nearest(key, [*offered, *below(path, commands)])}", *path, key
            )
        elif key not in free:
            yield file.error(f"{key!r} can't be set in a file; write {flag(key)} with the command", *path, key)
        else:
            yield from check_value(file, (*path, key), path, known[key], value)


def check_default(
    file: ConfigurationFile, key: str, value: Any, commands: dict[Path, click.Command]
) -> Iterator[ConfigurationError]:
    """Every mistake in a key of [defaults]."""
    from activations.configuration.values import nearest

    if key not in SHARED:
        hint = nearest(key, SHARED)
        names = [path[-1] for path, command in commands.items() if path and key in map(option_name, command.params)]
        if names:
            hint = f"it belongs below {', '.join(f'[{name}]' for name in dict.fromkeys(names))}"
        yield file.error(f"unknown key {key[:80]!r} of all commands; {hint}", DEFAULTS, key)
        return
    for path, command in commands.items():
        for parameter in settable(path, command):
            if option_name(parameter) == key:
                mistake = next(check_value(file, (DEFAULTS, key), path, parameter, value), None)
                if mistake:
                    yield mistake
                    return


def check_value(
    file: ConfigurationFile, keys: Path, path: Path, parameter: click.Parameter, value: Any
) -> Iterator[ConfigurationError]:
    """What is wrong with the value of an option, by click's own types."""
    name = keys[-1]
    if not may_be_set(parameter, file.role):
        if file.role == "project":
            message = f"{name!r} names a file, which a project can't choose for its users; write {flag(name)}"
            yield file.error(message + " with the command", *keys)
        else:
            yield file.error(f"{name!r} can't be set in a file; write {flag(name)} with the command", *keys)
        return
    try:
        typed = as_typed(file, keys, parameter, value)
        parameter.type_cast_value(click.Context(click.Command(path[-1] if path else None)), typed)
    except ConfigurationError as mistake:
        yield mistake
    except click.UsageError as error:
        yield file.error(f"{name}: {one_line(error.message)}", *keys)
    except ActivationsError as error:
        yield file.error(f"{name}: {one_line(str(error))}", *keys)


def as_typed(file: ConfigurationFile, keys: Path, parameter: click.Parameter, value: Any) -> Any:
    """The value as click would read it from a command line: texts, so that 8.5 is no whole number and true no number.

    Raises:
        ConfigurationError: it is of a type that can't be typed, or of another one than the option takes.
    """
    from activations.configuration.values import kind_of

    def text(item: Any) -> str:
        numeric = isinstance(parameter.type, (click.types.IntParamType, click.types.FloatParamType))
        textual = isinstance(parameter.type, (click.types.StringParamType, click.Choice, click.Path))
        if isinstance(item, str) and not numeric:
            return item
        if isinstance(item, (int, float)) and not isinstance(item, bool) and not textual:
            return repr(item)
        wanted = "a number, without quotes" if numeric else "a text in quotes"
        raise file.error(f"{keys[-1]} is {kind_of(item)} and must be {wanted}", *keys)

    if isinstance(parameter, click.Option) and parameter.count:
        if isinstance(value, bool) or not isinstance(value, int):
            raise file.error(f"{keys[-1]} is {kind_of(value)} and must be a whole number", *keys)
        return value
    if isinstance(parameter, click.Option) and parameter.is_flag:
        if not isinstance(value, bool):
            raise file.error(f"{keys[-1]} is {kind_of(value)} and must be true or false", *keys)
        return value
    if parameter.multiple or parameter.nargs != 1:
        items = value if isinstance(value, list) else [value]
        if parameter.nargs != 1 and len(items) != parameter.nargs:
            raise file.error(f"{keys[-1]} must be a list of {parameter.nargs} values", *keys)
        return [text(item) for item in items]
    if isinstance(parameter.type, click.Path):
        # Where the command is started has nothing to do with where the file is.
        return str(file.path.parent / os.path.expanduser(text(value)))
    return text(value)


def below(path: Path, commands: dict[Path, click.Command]) -> list[str]:
    """The names of the commands of a group."""
    return [other[-1] for other in commands if len(other) == len(path) + 1 and other[:-1] == path]


def flag(name: str) -> str:
    """An option as one types it."""
    return f"--{name}" if len(name) > 1 else f"-{name}"


def one_line(text: str) -> str:
    """A message that stands after a place: on one line, without its full stop."""
    return " ".join(text.split()).rstrip(".")


def variables(path: Path, parameter: click.Parameter) -> list[str]:
    """The environment variables of an option, the one of the command before the shared one."""
    name = option_name(parameter)
    words = [PREFIX, *path, name]
    found = ["_".join(words).replace("-", "_").upper()]
    if name in SHARED and path:
        found.append(f"{PREFIX}_{name.upper()}")
    return [variable for variable in found if variable not in OTHERS]


def name_variables(command: click.Command, path: Path) -> None:
    """Let click read the options of a command, and of all below it, from the environment."""
    for parameter in settable(path, command):
        if parameter.envvar is None:
            parameter.envvar = variables(path, parameter)
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            name_variables(child, (*path, name))


def is_typed(context: click.Context, name: str) -> bool:
    """Whether a value comes from the command line."""
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def counts(context: click.Context, parameter: click.Parameter, what: str) -> bool:
    """Whether a value that a group may have been given before its command counts: nothing outdoes what was typed."""
    key = f"activations.typed.{what}"
    if is_typed(context, parameter.name or ""):
        context.meta[key] = True
    return is_typed(context, parameter.name or "") or not context.meta.get(key, False)


def origins_told(error: click.UsageError) -> str:
    """Where the options that a message names come from, if nobody typed them; empty if somebody did."""
    context = error.ctx
    if context is None or isinstance(error, click.NoSuchOption):
        return ""
    message = error.format_message()
    told = []
    for parameter in context.command.params:
        name = option_name(parameter)
        source = context.get_parameter_source(parameter.name or "")
        place = ""
        if source is ParameterSource.DEFAULT_MAP and isinstance(context.default_map, FlagDefaults):
            place = context.default_map.place(parameter.name or "")
        elif source is ParameterSource.ENVIRONMENT:
            place = next((name for name in parameter.envvar or () if os.environ.get(name)), "")
        if place and name and flag(name) in message:
            told.append(f"{flag(name)} comes from {place}")
    return f" ({'; '.join(told)})" if told else ""
