"""New plugins: what is written installs, passes its own tests, lints, type-checks, works; a bad name writes nothing."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from throwaway import Throwaway

from activations.errors import DeclarationError, DuplicateNameError
from activations.files import OutputExistsError
from activations.scaffold import KINDS, Kind, folder, new_plugin
from activations.scaffold.holder import NOBODY, licence_holder
from activations.scaffold.names import PluginNames, read_names
from activations.scaffold.plugin import FILES, TEMPLATES, _code, _rendered
from activations_cli.commands.plugins.new import KINDS as SHOWN_KINDS
from activations_cli.main import COMMANDS, cli

LONGEST = "w" * 64


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Throwaway:
    return Throwaway(tmp_path_factory.mktemp("throwaway"))


@pytest.fixture(scope="module", params=KINDS)
def installed(
    request: pytest.FixtureRequest, environment: Throwaway, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Kind, Path]:
    """A plugin of each kind, written by the command line and installed as a wheel."""
    kind = request.param
    where = tmp_path_factory.mktemp(kind)
    written = environment.run("activations", "plugins", "new", f"my-{kind}", "--kind", kind, folder=where)
    assert written.returncode == 0, written.stderr
    place = where / f"activations-my-{kind}"
    result = environment.run("python", "-m", "pip", "install", "-q", str(place), folder=where)
    assert result.returncode == 0, result.stdout + result.stderr
    return kind, place


def test_it_passes_its_own_tests(installed: tuple[Kind, Path], environment: Throwaway) -> None:
    kind, place = installed
    result = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=place)
    assert result.returncode == 0, result.stdout
    assert f"{ {'activation': 33, 'target': 5, 'command': 3}[kind] } passed" in result.stdout


def test_its_tests_catch_a_mistake(installed: tuple[Kind, Path], environment: Throwaway, tmp_path: Path) -> None:
    kind, place = installed
    mistake = {
        "activation": ("torch.asinh(x)", "torch.asinh(1.001 * x)"),
        "target": ("sin(3*x)", "sin(3*x + 0.001)"),
        "command": ("{y:.6g}", "{x:.6g}"),
    }[kind]
    for path in place.glob("*.[pt][yo]*"):
        (tmp_path / path.name).write_text(path.read_text().replace(*mistake))
    only = ["-k", "values or my_activation-value or my_activation-gradient"]
    result = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *only, folder=tmp_path)
    assert result.returncode == 1, result.stdout


@pytest.mark.parametrize("name", ["w", "my_wave", LONGEST])
@pytest.mark.parametrize("kind", KINDS)
def test_ruff_finds_nothing(kind: Kind, name: str, tmp_path: Path) -> None:
    place = tmp_path / "new"
    new_plugin(name, kind, place)
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."], cwd=place, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_mypy_finds_nothing(environment: Throwaway, tmp_path: Path) -> None:
    """All kinds in one test, which share a cache: torch's types take long to read."""

    def checked(place: Path) -> subprocess.CompletedProcess[str]:
        cache = str(tmp_path / "cache")
        return environment.run("python", "-m", "mypy", "--strict", "--cache-dir", cache, folder=place)

    for kind in KINDS:
        paths = new_plugin(f"my_{kind}", kind, tmp_path / kind)
        result = checked(tmp_path / kind)
        assert result.returncode == 0, result.stdout
        assert "no issues found in 2 source files" in result.stdout
        paths[1].write_text(paths[1].read_text() + "\nwrong: int = 'text'\n")
        assert checked(tmp_path / kind).returncode == 1


def test_it_is_used_like_the_built_in_ones(
    installed: tuple[Kind, Path], environment: Throwaway, tmp_path: Path
) -> None:
    kind, _ = installed
    if kind == "command":
        pytest.skip("has a test of its own")
    name = f"my_{kind}"

    def run(*arguments: str) -> str:
        result = environment.run("activations", *arguments, folder=tmp_path)
        assert (result.returncode, "Warning" in result.stderr) == (0, False), result.stderr
        return result.stdout

    if kind == "activation":
        (row,) = json.loads(run("list", name, "--json"))
        assert row["origin"] == "activations-my-activation 0.1.0"
        assert json.loads(run("check", name, "--only", "value", "--json"))["counts"]["passed"] == 2
    else:
        (row,) = json.loads(run("targets", "--suite", name, "--json"))
        assert row["name"] == name
        ranked = run("bench", name, "-a", "tanh", "--steps", "20", "--seeds", "2", "--jobs", "1", "--json")
        assert json.loads(ranked)["targets"][0]["target"] == name


@pytest.mark.parametrize("installed", ["command"], indirect=True)
def test_the_command_is_there(installed: tuple[Kind, Path], environment: Throwaway, tmp_path: Path) -> None:
    result = environment.run("activations", "my_command", "relu", "--at", "2", folder=tmp_path)
    assert (result.returncode, result.stdout) == (0, "2\t2\n"), result.stderr


def test_the_workflow_runs_what_is_tested_here() -> None:
    text = _rendered(PluginNames("wave"), "activation")[".github/workflows/ci.yml"]
    assert "python-version: ${{ matrix.python }}" in text
    for command in ("ruff check .", "ruff format --check .", "mypy", "python -m pytest"):
        assert f"      - run: {command}\n" in text


@pytest.mark.parametrize("text", ["my_wave", "my-wave", "activations-my-wave", "activations_my_wave"])
def test_spellings_of_one_name(text: str, tmp_path: Path) -> None:
    names = read_names(text)
    assert (names.name, names.distribution, names.module) == ("my_wave", "activations-my-wave", "activations_my_wave")
    paths = new_plugin(text, folder=tmp_path / "new")
    assert [str(path.relative_to(tmp_path / "new")) for path in paths] == [
        *("pyproject.toml", "activations_my_wave.py", "test_my_wave.py", "README.md", "LICENSE", ".gitignore"),
        str(Path(".github", "workflows", "ci.yml")),
    ]
    assert all(path.is_file() and path.read_text().endswith("\n") for path in paths)
    assert not [path for path in paths if "%" in path.read_text()]


BAD = [
    "",
    " wave ",
    "Wave",
    "9wave",
    "_wave",
    "wave_",
    "a__b",
    "a/b",
    "../x",
    "<b>",
    "[red]",
    "-rf",
    "w w",
    "wävé",
    "w\n",
    "🌊",
]


@pytest.mark.parametrize(
    "text", [*BAD, "CON/..", "w\0", LONGEST + "w", "x" * 10_000, "lambda", "print", "activations-"]
)
def test_bad_names_write_nothing(text: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as caught:
        new_plugin(text, folder=tmp_path / "new")
    assert len(str(caught.value)) < 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "kind"), [("relu", "activation"), ("swish", "activation"), ("softmax", "activation")])
def test_names_of_ours_are_taken(name: str, kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(DuplicateNameError, match=f"my_{name}"):
        new_plugin(name, kind, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_targets_and_commands_of_ours_are_taken_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DuplicateNameError):
        new_plugin("runge", "target", tmp_path / "new")
    new_plugin("runge", "activation", tmp_path / "free")
    monkeypatch.chdir(tmp_path)
    for name in COMMANDS:
        result = command_line("plugins", "new", name, "--kind", "command")
        assert result == (2, ""), name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["free"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_hides_what_the_code_needs_is_refused(kind: Kind, tmp_path: Path) -> None:
    needed = {"activation": ["torch", "activation", "hookimpl", "x", "pytest", "cases"], "target": ["math"]}
    for name in needed.get(kind, ["click", "cli", "points", "activations"]):
        with pytest.raises((DeclarationError, DuplicateNameError)):
            new_plugin(name, kind, tmp_path / "new")
    # The stand-in for the name is no name itself, so that none is refused for its sake.
    assert all("NAME" in text for text in _code(_rendered(PluginNames("NAME"), kind)))


def command_line(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, arguments)
    return result.exit_code, result.stdout


def test_the_command_tells_paths_and_what_to_type_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["plugins", "new", "wave", "-o", "a folder"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [str(path) for path in new_plugin("wave", folder="a folder", overwrite=True)]
    assert result.stderr.splitlines() == [
        "Next:",
        "  python -m pip install -e 'a folder'",
        "  activations check wave",
        "  activations bench sin -a wave -a relu -a tanh",
    ]
    assert tuple(SHOWN_KINDS) == KINDS


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "activations-wave"
    mine.mkdir()
    (mine / "README.md").write_text("mine")
    (mine / "notes.txt").write_text("mine")
    assert command_line("plugins", "new", "wave") == (2, "")
    assert sorted(path.name for path in mine.iterdir()) == ["README.md", "notes.txt"]
    code, printed = command_line("plugins", "new", "wave", "--force")
    assert (code, len(printed.splitlines())) == (0, 7)
    assert (mine / "notes.txt").read_text() == "mine"
    assert (mine / "README.md").read_text().startswith("# activations-wave\n")


def test_force_stops_before_it_writes_where_a_folder_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").mkdir()
    with pytest.raises(IsADirectoryError):
        new_plugin("wave", folder=tmp_path, overwrite=True)
    assert not (tmp_path / "pyproject.toml").exists()


def test_places_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        new_plugin("wave", folder=tmp_path / "file")
    with pytest.raises(FileNotFoundError, match="missing"):
        new_plugin("wave", folder=tmp_path / "missing" / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_empty_folder_is_filled_and_permissions_are_the_usual(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "usual").mkdir()
    new_plugin("wave", folder=tmp_path / "empty")
    assert (tmp_path / "empty" / "LICENSE").is_file()
    assert (tmp_path / "empty").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("fails_at", range(8))
def test_all_files_or_none(fails_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def failing(real, at):
        def call(*arguments, **options):
            calls.append(arguments)
            if len(calls) > at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **options)

        return call

    monkeypatch.setattr(folder, "write_atomically", failing(folder.write_atomically, fails_at))
    monkeypatch.setattr(folder, "_rename", failing(folder._rename, fails_at))
    with pytest.raises(OSError, match="No space left") as caught:
        new_plugin("wave", folder=tmp_path / "new")
    assert caught.value.filename == str(tmp_path / "new")
    assert len(calls) == fails_at + 1
    assert list(tmp_path.iterdir()) == []


def test_somebody_else_fills_the_folder_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = folder._rename

    def late(temporary: Path, place: Path) -> None:
        place.mkdir()
        (place / "theirs").write_text("theirs")
        real(temporary, place)

    monkeypatch.setattr(folder, "_rename", late)
    with pytest.raises(OutputExistsError):
        new_plugin("wave", folder=tmp_path / "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "theirs"]


@pytest.mark.parametrize(
    ("config", "holder"),
    [
        ("[user]\n\tname = Ada Löve%%lace\n", "Ada Löve%%lace"),
        ('[user]\n\tname = " A\\n<b>\\t\\b "\n', "A<b>"),
        ("", NOBODY),
        ("not a configuration", NOBODY),
    ],
)
def test_the_licence_bears_the_name_that_git_knows(
    config: str, holder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(config, encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(tmp_path)
    assert licence_holder() == holder
    new_plugin("wave", folder=tmp_path / "new")
    assert (tmp_path / "new" / "LICENSE").read_text(encoding="utf-8").splitlines()[2].endswith(f" {holder}")


def test_without_git_it_is_the_authors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert licence_holder() == NOBODY


def test_every_template_is_used() -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()}
    assert there == {f"{path.replace('%kind', kind)}.template" for path in FILES.values() for kind in KINDS}
