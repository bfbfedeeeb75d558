"""Options from the environment and from configuration files, and `activations config`, which shows them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from activations_cli.defaults import OTHERS, SHARED, FlagDefaults, commands_by_path, option_name, settable, variables
from activations_cli.failures import ExitCode
from activations_cli.main import cli

HEAVY = ("torch", "numpy", "matplotlib", "sympy", "mpmath", "rich", "plotly", "scipy")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's configuration file, which is not there yet, in the working folder."""
    monkeypatch.delenv("ACTIVATIONS_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    (tmp_path / "work").mkdir()
    (tmp_path / "settings" / "activations").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work" / "activations.toml"


@pytest.fixture
def user(project: Path) -> Path:
    """The user's configuration file, which is not there yet."""
    return project.parents[1] / "settings" / "activations" / "config.toml"


def run(*arguments: str) -> Result:
    """The command line in this process."""
    return CliRunner().invoke(cli, arguments)


def apart(*arguments: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    start = code or "from activations_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'activations'; {start}", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def told(path: str, *arguments: str) -> dict[str, Any]:
    """The parameters that a command is called with."""
    words = tuple(path.split())
    context = click.Context(cli, default_map=FlagDefaults(cli), **cli.context_settings)
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None
        command = found
        context = command.make_context(word, [*arguments] if word == words[-1] else [], parent=context)
    return context.params


def configured() -> dict[str, Any]:
    """What `activations config --json` prints."""
    found = run("config", "--json")
    assert found.exit_code == 0, found.stderr
    printed: dict[str, Any] = json.loads(found.stdout)
    return printed


def value_of(printed: dict[str, Any], command: str, option: str) -> tuple[Any, str]:
    """A value that `activations config` shows, and where it is from."""
    (row,) = (row for row in printed["values"] if (row["command"], row["option"]) == (command, option))
    return row["value"], row["from"]


# Precedence


@pytest.mark.torture(27)
def test_flag_then_environment_then_project_then_user_then_default(
    project: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(*arguments: str) -> Any:
        return told("bench", "sin", *arguments)["steps"]

    assert (steps(), value_of(configured(), "bench", "steps")) == (None, (None, "default"))
    user.write_text("[bench]\nsteps = 11\n")
    assert (steps(), value_of(configured(), "bench", "steps")) == (11, ("11", "user"))
    project.write_text("[bench]\nsteps = 22\n")
    assert (steps(), value_of(configured(), "bench", "steps")) == (22, ("22", "project"))
    monkeypatch.setenv("ACTIVATIONS_BENCH_STEPS", "33")
    assert (steps(), value_of(configured(), "bench", "steps")) == (33, ("33", "environment"))
    assert steps("--steps", "44") == 44


@pytest.mark.torture(27)
def test_precedence_reaches_a_benchmark(project: Path, user: Path) -> None:
    user.write_text("[bench]\nseeds = 3\nsteps = 4\n[defaults]\njobs = 1\n")
    project.write_text(
        '[bench]\nsteps = 3\nhidden = "4"\nactivation = ["relu", "odd"]\n[activations.odd]\nformula = "x^3"\n'
    )
    found = apart("bench", "abs(x)", "--no-store", "--hidden", "5", "--json", ACTIVATIONS_BENCH_SEEDS="2")
    assert found.returncode == 0, found.stderr
    (result,) = [json.loads(found.stdout)]
    settings = json.dumps(result)
    assert '"odd"' in settings
    assert (result["settings"]["steps"], result["settings"]["seeds"], result["settings"]["hidden"]) == (3, 2, [5])


def test_of_one_file_the_commands_table_comes_before_the_defaults(project: Path, user: Path) -> None:
    user.write_text("[bench]\nseed = 1\n")
    project.write_text("[defaults]\nseed = 2\n")
    assert told("bench", "sin")["seed"] == 2
    project.write_text("[defaults]\nseed = 2\n[bench]\nseed = 3\n")
    assert told("bench", "sin")["seed"] == 3


@pytest.mark.parametrize("typed", [["--color", "always", "list", "relu"], ["list", "relu", "--color", "always"]])
def test_what_was_typed_before_the_command_counts_too(project: Path, typed: list[str]) -> None:
    project.write_text('[defaults]\ncolor = "never"\n')
    assert "\x1b[" not in run("list", "relu").stdout
    assert "\x1b[" in run(*typed).stdout
    project.write_text('[defaults]\ncolor = "always"\nquiet = 1\n')
    assert "\x1b[" in run("list", "relu").stdout
    assert run("list", "relu").stderr == ""
    assert "1 activation" in run("-v", "list", "relu").stderr


def test_the_environment_of_one_command_comes_before_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATIONS_COLOR", "always")
    assert "\x1b[" in run("list", "relu").stdout
    monkeypatch.setenv("ACTIVATIONS_LIST_COLOR", "never")
    assert "\x1b[" not in run("list", "relu").stdout
    monkeypatch.setenv("ACTIVATIONS_LIST_COLOR", "")
    assert "\x1b[" in run("list", "relu").stdout


@pytest.mark.torture(27)
def test_what_config_shows_is_what_commands_get(project: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user.write_text('[defaults]\nverbose = 1\n[gallery]\ntheme = "dark"\nfamily = ["axis"]\n[plot]\ntheme = "dark"\n')
    project.write_text('[plot]\nwindow = [-2, 2.5]\n[runs.list]\nlimit = 3\nstatus = ["ok"]\n[similar]\nn = 4\n')
    monkeypatch.setenv("ACTIVATIONS_SHOW_LATEX", "yes")
    monkeypatch.setenv("ACTIVATIONS_CHECK_ONLY", "value gradient")
    monkeypatch.setenv("ACTIVATIONS_BENCH_EQUAL_PARAMETERS", "1")
    printed = configured()
    for path, arguments, option, parameter, value, shown, source in (
        ("gallery", ["-o", "g"], "theme", "theme", "dark", "dark", "user"),
        ("gallery", ["-o", "g"], "family", "families", ("axis",), ["axis"], "user"),
        ("plot", ["relu"], "theme", "theme", "dark", "dark", "user"),
        ("plot", ["relu"], "window", "window", (-2.0, 2.5), ["-2", "2.5"], "project"),
        ("runs list", [], "limit", "limit", 3, "3", "project"),
        ("runs list", [], "status", "statuses", ("ok",), ["ok"], "project"),
        ("similar", ["relu"], "n", "count", 4, "4", "project"),
        ("show", ["relu"], "latex", "latex", True, "yes", "environment"),
        ("check", [], "only", "only", ("value", "gradient"), "value gradient", "environment"),
        ("bench", ["sin"], "equal-parameters", "equal_parameters", True, "1", "environment"),
        ("bench", ["sin"], "preset", "preset", "quick", "quick", "default"),
    ):
        assert told(path, *arguments)[parameter] == value
        assert value_of(printed, path, option) == (shown, source)


def test_a_store_is_the_users_choice_and_for_every_command(project: Path, user: Path) -> None:
    user.write_text('[defaults]\nstore = "runs.sqlite3"\n')
    place = user.parent / "runs.sqlite3"  # beside the file that says so
    for path, arguments in (("bench", ["sin"]), ("runs list", []), ("rank", []), ("report", ["-o", "r"])):
        assert told(path, *arguments)["store_file"] == place
    assert told("bench", "sin", "--store", "mine")["store_file"] == Path("mine")
    found = run("bench", "abs(x)", "-a", "relu", "--steps", "2", "--seeds", "2", "--hidden", "3", "-j", "1")
    assert found.exit_code == 0, found.stderr
    assert place.exists()
    assert json.loads(run("runs", "--json").stdout)["store"] == str(place)
    assert run("runs", "--store", "none.sqlite3").exit_code == ExitCode.ENVIRONMENT
    assert run("runs", "--store", "none.sqlite3", "list").exit_code == ExitCode.ENVIRONMENT
    place.unlink()
    assert run("bench", "abs(x)", "-a", "relu", "--steps", "2", "--seeds", "2", "-j", "1", "--no-store").exit_code == 0
    assert not place.exists()


@pytest.mark.torture(27)
def test_store_and_no_store_contradict_each_other_only_if_equally_strong(project: Path, user: Path) -> None:
    both = run("bench", "sin", "--store", "a", "--no-store")
    assert "contradict" in both.stderr
    user.write_text("[bench]\nno-store = true\n")
    found = run("bench", "abs(x)", "-a", "relu", "--steps", "2", "--seeds", "2", "-j", "1", "--store", "a.sqlite3")
    assert found.exit_code == 0, found.stderr
    assert project.with_name("a.sqlite3").exists()


# Mistakes


@pytest.mark.torture(26, 39)
@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('[bnch]\npreset = "full"', ":1: unknown section 'bnch'; did you mean bench?"),
        ("[zzz]\n", ":1: unknown section 'zzz'; write one of activations, targets, defaults, list"),
        ('[bench]\n\npreste = "full"', ":3: unknown key 'preste'; did you mean preset?"),
        ("[bench]\nequal_parameters = true", ":2: unknown key 'equal_parameters'; did you mean equal-parameters?"),
        ("[bench]\nnames = []", ":2: unknown key 'names'; "),
        ('[bench]\npreset = "fast"', ":2: preset: 'fast' is not one of 'quick', 'standard', 'full'"),
        ("[bench]\npreset = 3", ":2: preset is a number and must be a text in quotes"),
        ("[bench]\npreset = {a = 1}", ":2: preset is a table and must be a text in quotes"),
        ("[bench]\nseeds = 0", ":2: seeds: 0 is not in the range x>=1"),
        ("[bench]\nseeds = 8.5", ":2: seeds: '8.5' is not a valid integer range"),
        ('[bench]\nseeds = "8"', ":2: seeds is a text and must be a number, without quotes"),
        ("[bench]\nseeds = true", ":2: seeds is true or false and must be a number"),
        ("[bench]\nseeds = [1, 2]", ":2: seeds is a list and must be a number"),
        ("[bench]\nseeds = 1979-05-27", ":2: seeds is a date or time and must be a number"),
        ("[bench]\ncapacity = 1", ":2: capacity is a number and must be true or false"),
        ('[bench]\nhidden = "3.5"', ":2: hidden: '3.5' is no list of widths"),
        ('[bench]\ndevice = "toaster"', ":2: device: 'toaster' is no device"),
        ("[bench]\nactivation = [1]", ":2: activation is a number and must be a text in quotes"),
        ("[bench]\ndomain = [0, 1]", ":2: 'domain' can't be set in a file; write --domain with the command"),
        ("[plot]\nwindow = [1]", ":2: window must be a list of 2 values"),
        ("[plot]\nwindow = 1", ":2: window must be a list of 2 values"),
        ('[list]\nwhere = "monotne"', ":2: where: "),
        ("[plot]\nforce = true", ":2: 'force' can't be set in a file"),
        ('[plot]\noutput = "a.png"', ":2: 'output' names a file, which a project can't choose for its users"),
        ('[bench]\ncsv = "a.csv"', ":2: 'csv' names a file"),
        ('[bench]\nstore = "a"', ":2: 'store' names a file"),
        ('[defaults]\nstore = "a"', ":2: 'store' names a file"),
        ('[targets]\nplot = "a"', ":2: 'plot' names a file"),
        ("[runs.delete]\nyes = true", ":2: 'yes' can't be set in a file"),
        ('[runs.delete]\nstatus = ["ok"]', ":2: 'status' can't be set in a file"),
        ("[runs.list]\nlimt = 3", ":2: unknown key 'limt'; did you mean limit?"),
        ("[runs.lst]\nlimit = 3", ":1: unknown key 'lst'; did you mean list?"),
        ("[defaults]\nquiet = true", ":2: quiet is true or false and must be a whole number"),
        ("[defaults]\nquiet = -1", ":2: quiet: -1 is not in the range x>=0"),
        ('[defaults]\ntheme = "dark"', ":2: unknown key 'theme' of all commands; it belongs below ["),
        ('[defaults]\ncolour = "never"', ":2: unknown key 'colour' of all commands; did you mean color?"),
        ("[defaults]\nversion = true", ":2: unknown key 'version' of all commands"),
        ('[bench]\npreset = "full"\npreset = "quick"', ":3: is no valid TOML: cannot overwrite a value"),
        ("[activations.a]", ":1: a has no formula"),
    ],
)
def test_a_mistake_ends_a_command_with_file_and_line(project: Path, text: str, mistake: str) -> None:
    project.write_text(text)
    found = run("config") if text == "[activations.a]" else run("cite", "mish")
    assert found.exit_code == ExitCode.USAGE
    assert found.stderr.startswith(f"Error: {project}{mistake}")
    assert found.stderr.count("\n") == 1
    if text != "[activations.a]":
        assert found.stdout == ""
    shown = run("config")
    assert shown.exit_code == ExitCode.USAGE
    assert f"{project}{mistake}" in shown.stderr
    assert "activations.toml" in shown.stdout


@pytest.mark.torture(39)
def test_the_users_file_may_name_the_store_and_no_other_file(project: Path, user: Path) -> None:
    user.write_text('[bench]\nstore = "a"\n')
    assert run("config").exit_code == 0
    user.write_text('[bench]\noutput = "a"\n')
    assert f"{user}:2: 'output' can't be set in a file" in run("config").stderr


BROKEN = b"\xff\xfe[bench\n"


@pytest.mark.torture(26)
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["bench", "-h"], ["runs", "list", "--help"]])
@pytest.mark.parametrize("kind", ["bytes", "value", "pipe"])
def test_help_and_version_work_beside_a_broken_file(project: Path, arguments: list[str], kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(project)
    else:
        project.write_bytes(BROKEN if kind == "bytes" else b"[bench]\npreset = 3\n")
    found = run(*arguments)
    assert (found.exit_code, found.stderr) == (0, "")
    assert run("runs").exit_code == run("cite", "mish").exit_code == ExitCode.USAGE


def test_usage_errors_and_help_load_nothing_heavy(project: Path) -> None:
    project.write_text('[bench]\npreset = "standard"\nhidden = "3,3"\n[activations.a]\nformula = "x"\n')
    code = (
        "from activations_cli.main import main\ntry:\n main()\n"
        f"finally: print([n for n in {HEAVY!r} if n in sys.modules], file=sys.stderr)"
    )
    for arguments in (["--help"], ["bench", "--help"], ["bench"]):
        found = apart(*arguments, code=f"\n{code}")
        assert found.returncode in (0, 2)
        assert found.stderr.endswith("[]\n")
    assert "[default: standard]" in apart("bench", "--help").stdout


def test_without_a_file_no_reader_of_toml_is_loaded(project: Path) -> None:
    code = (
        "\nfrom activations_cli.main import main\ntry:\n main()\n"
        "finally: print('tomllib' in sys.modules or 'tomli' in sys.modules, file=sys.stderr)"
    )
    assert apart("cite", "mish", code=code).stderr.endswith("False\n")
    project.write_text("")
    assert apart("cite", "mish", code=code).stderr.endswith("True\n")


@pytest.mark.torture(26)
def test_a_file_that_cannot_be_read_is_an_error_of_the_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_text("")
    opened = os.open

    def refuse(path: Any, *arguments: Any, **settings: Any) -> int:
        if str(path) == str(project):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **settings)

    monkeypatch.setattr(os, "open", refuse)
    for command in (["cite", "mish"], ["config"]):
        found = run(*command)
        assert found.exit_code == ExitCode.ENVIRONMENT
        assert found.stderr == f"Error: '{project}': Permission denied\n"
    assert run("--help").exit_code == 0


@pytest.mark.torture(27)
def test_a_wrong_value_of_the_environment_tells_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATIONS_BENCH_PRESET", "fast")
    found = run("bench", "sin")
    assert found.exit_code == ExitCode.USAGE
    assert "(--preset comes from ACTIVATIONS_BENCH_PRESET)" in found.stderr
    assert "comes from" not in run("bench", "sin", "--preset", "fast").stderr


@pytest.mark.torture(27)
def test_a_contradiction_tells_who_contributed_to_it(project: Path) -> None:
    project.write_text("[plot]\nwindow = [2, 1]\n")
    found = run("plot", "relu")
    assert found.exit_code == ExitCode.USAGE
    assert f"(--window comes from {project}:2)" in found.stderr


# The variables


def test_no_two_options_share_a_variable_but_those_that_all_commands_have() -> None:
    owners: dict[str, set[str]] = {}
    for path, command in commands_by_path(cli).items():
        for parameter in settable(path, command):
            for name in variables(path, parameter):
                owners.setdefault(name, set()).add(option_name(parameter))
                assert name not in OTHERS
                assert parameter.envvar
    assert all(len(names) == 1 for names in owners.values())
    assert owners["ACTIVATIONS_BENCH_EQUAL_PARAMETERS"] == {"equal-parameters"}
    assert owners["ACTIVATIONS_RUNS_LIST_LIMIT"] == {"limit"}
    assert not {name for name in owners if name.endswith(("_FORCE", "_YES", "_ALL", "_PLUGIN", "_VERSION", "_DOMAIN"))}
    assert not {name for name in owners if name.startswith("ACTIVATIONS_RUNS_DELETE_ST")} - {
        "ACTIVATIONS_RUNS_DELETE_STORE"
    }


def test_shared_options_have_one_type_wherever_they_are() -> None:
    kinds: dict[str, set[str]] = {}
    for path, command in commands_by_path(cli).items():
        for parameter in settable(path, command):
            if option_name(parameter) in SHARED:
                kinds.setdefault(option_name(parameter), set()).add(repr(parameter.type.to_info_dict()))
    assert set(kinds) == set(SHARED)
    assert all(len(found) == 1 for found in kinds.values())


def test_other_variables_are_left_alone_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATIONS_PLUGINS", "")
    monkeypatch.setenv("ACTIVATIONS_BENCH_PRESTE", "full")
    assert configured()["unknown_variables"] == ["ACTIVATIONS_BENCH_PRESTE"]
    assert "ACTIVATIONS_BENCH_PRESTE" in run("config").stderr


PLUGIN = """
import click
from activations import hookimpl

@hookimpl
def register_commands(cli):
    @cli.command("greet")
    @click.option("--times", type=int, default=1)
    def greet(times):
        "Greet."
        click.echo("hello " * times)
"""


def test_the_command_of_a_plugin_has_a_table_and_variables_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.with_name("site")
    (folder / "greeting-1.0.dist-info").mkdir(parents=True)
    (folder / "greeting_plugin.py").write_text(PLUGIN)
    (folder / "greeting-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
    (folder / "greeting-1.0.dist-info" / "entry_points.txt").write_text("[activations]\ngreeting = greeting_plugin\n")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    project.write_text("[greet]\ntimes = 2\n")
    # The first time nobody knows the command, nor which plugin has it.
    assert apart("cite", "mish", PYTHONPATH=path).returncode == 0
    assert apart("greet", PYTHONPATH=path).stdout.split() == ["hello"] * 2
    assert apart("greet", PYTHONPATH=path, ACTIVATIONS_GREET_TIMES="3").stdout.split() == ["hello"] * 3
    assert ":2" in apart("config", PYTHONPATH=path).stdout
    project.write_text("[greet]\ntime = 2\n")
    wrong = apart("greet", PYTHONPATH=path)
    assert (wrong.returncode, wrong.stdout) == (ExitCode.USAGE, "")
    assert f"{project}:2: unknown key 'time'; did you mean times?" in wrong.stderr
    assert "unknown section 'greet'" in apart("cite", "mish").stderr


# What is shown


def test_config_shows_files_values_and_declarations(project: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # or a long path is folded
    project.write_text(
        '[activations.cube]\nformula = "a*x^3"\nparameters = {a = 2}\n\n[targets.bump]\nformula = "exp(-x^2)"\n'
    )
    user.write_text('[defaults]\ncolor = "never"\n[plot]\ntheme = "dark"\n')
    printed = configured()
    assert [(file["role"], file["state"]) for file in printed["files"]] == [("project", "read"), ("user", "read")]
    assert printed["activations"] == [
        {"name": "cube", "formula": "a*x^3", "parameters": {"a": 2}, "from": "project", "place": f"{project}:1"}
    ]
    assert printed["targets"][0]["domain"] == [[-1, 1]]
    assert printed["problems"] == []
    table = run("config").stdout
    assert f"{user}:2" in table
    assert table.count("never") == 1  # and not once for each command
    assert "cube" in table
    assert "preset" not in table
    assert "preset" in run("config", "--all").stdout


def test_config_shows_all_that_is_sound_beside_what_is_broken(project: Path, user: Path) -> None:
    project.write_bytes(BROKEN)
    user.write_text('[plot]\ntheme = "dark"\n[activations.a]\nformula = "x"\n[activations.b]\nformula = "y"\n')
    found = run("config", "--json")
    assert found.exit_code == ExitCode.USAGE
    printed = json.loads(found.stdout)
    assert [file["state"] for file in printed["files"]] == ["broken", "read"]
    assert value_of(printed, "plot", "theme") == ("dark", "user")
    assert [item["name"] for item in printed["activations"]] == ["a"]
    assert len(printed["problems"]) == len(found.stderr.splitlines()) == 2


def test_config_without_files_says_where_they_would_be(project: Path, user: Path) -> None:
    found = run("config")
    assert found.exit_code == 0
    assert "there is no activations.toml" in found.stdout
    assert "(there is none)" in found.stdout
    assert configured()["files"] == [{"role": "user", "path": str(user), "state": "none"}]
    assert "none: ACTIVATIONS_CONFIG is empty" in apart("config", ACTIVATIONS_CONFIG="").stdout


def test_the_columns_of_a_formula_are_told_on_one_line(project: Path) -> None:
    project.write_text('[activations.a]\nformula = "x*sigmod(x)"\n')
    found = apart("list")
    assert found.returncode == ExitCode.USAGE
    assert found.stderr.startswith(f"Error: {project}:2: formula of a: ")
    assert "at column 3" in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_benchmark_in_two_processes_takes_configured_formulas(project: Path) -> None:
    text = '[activations.odd]\nformula = "a*x^3"\nparameters.a = 0.5\n[targets.bump]\nformula = "exp(-x^2)"\n'
    project.with_name("mine.toml").write_text(text + "[bench]\nsteps = 3\nseeds = 2\n")
    found = apart(
        "bench", "bump", "-a", "odd:a=0.25", "-j", "2", "--json", "--no-store", ACTIVATIONS_CONFIG="mine.toml"
    )
    assert found.returncode == 0, found.stderr
    assert "odd:a=0.25" in json.dumps(json.loads(found.stdout)["targets"][0]["ranking"])
    assert "unknown target" in apart("bench", "bump", ACTIVATIONS_CONFIG="").stderr
