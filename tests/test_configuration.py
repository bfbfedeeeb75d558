"""Configuration files as the library reads them: what is found, what is declared, and how each mistake is told."""

from __future__ import annotations

import os
import pickle
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from activations.benchmark import benchmark
from activations.citation import bibtex
from activations.configuration.configured import clear, configured_activations
from activations.configuration.file import MAX_BYTES, parse_file, read_file
from activations.configuration.formulas import read_activation
from activations.configuration.found import configuration, entries
from activations.configuration.lines import key_lines, line_of
from activations.configuration.places import find_files
from activations.configuration.toml import read_toml
from activations.declare import formula_activation
from activations.errors import ConfigurationError, DeclarationError
from activations.fitting.configured import configured_targets, read_configured_target
from activations.fitting.targets import formula_target, known_targets, resolve_target
from activations.registry import default_registry

SWISH = """\
[activations.my_swish]
formula = "x*sigmoid(beta*x)"
parameters = {beta = 1.7}
learnable = ["beta"]
summary = "A swish of our own."
paper = "Ramachandran, Zoph, Le 2017, arXiv:1710.05941"
aliases = ["MySwish"]
"""
BUMP = """\
[targets.bump]
formula = "exp(-x^2)"
domain = [-3, 3]
points = 64
noise = 0.1
title = "A bump"
source = "made up"
group = "bumps"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in whose configuration, and that of a user beside it, counts."""
    monkeypatch.delenv("ACTIVATIONS_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    place = tmp_path / "work" / "deep"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    return tmp_path / "work"


@pytest.fixture
def user(project: Path) -> Path:
    """The folder of the user's configuration."""
    folder = project.parent / "settings" / "activations"
    folder.mkdir(parents=True)
    return folder


def mistake(text: str | bytes) -> str:
    """What is told about a file, without its folder."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigurationError) as caught:
        declare_all(data)
    told = str(caught.value)
    assert told.isprintable()
    assert told.startswith("/p/activations.toml:")
    return told.removeprefix("/p/")


def declare_all(data: bytes) -> None:
    """Read a file and all that it declares."""
    file = parse_file(data, Path("/p/activations.toml"), "project")
    for entry in entries((file,), "activations"):
        read_activation(entry.file, entry.name)
    for entry in entries((file,), "targets"):
        read_configured_target(entry.file, entry.name)


# Which files


def test_the_nearest_project_file_and_the_users_are_found(project: Path, user: Path) -> None:
    assert find_files() == ()
    (project.parent / "activations.toml").write_text("")
    (user / "config.toml").write_text("")
    assert find_files() == (
        ("project", project.parent / "activations.toml"),
        ("user", user / "config.toml"),
    )
    (project / "activations.toml").write_text("")
    assert find_files()[0] == ("project", project / "activations.toml")


def test_a_variable_names_one_file_or_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "activations.toml").write_text(SWISH)
    monkeypatch.setenv("ACTIVATIONS_CONFIG", "")
    assert find_files() == ()
    monkeypatch.setenv("ACTIVATIONS_CONFIG", "mine.toml")
    assert find_files() == (("named", project / "deep" / "mine.toml"),)
    with pytest.raises(ConfigurationError, match=r"mine\.toml: there is no such file$"):
        configuration()


def test_a_working_folder_that_is_gone_has_no_project(project: Path) -> None:
    (project / "deep").rmdir()
    assert find_files() == ()


def test_a_file_is_read_again_when_it_has_changed(project: Path) -> None:
    file = project / "activations.toml"
    file.write_text(SWISH)
    first = configuration()
    assert configuration() is first
    file.write_text(SWISH.replace("1.7", "1.75"))
    assert configured_activations()[0][1].defaults == {"beta": 1.75}
    file.unlink()
    assert configured_activations() == []
    file.write_text(SWISH)
    before = configuration()
    clear()
    assert configuration() is not before


# What is declared


def test_an_activation_is_what_its_table_says(project: Path) -> None:
    (project / "activations.toml").write_text(f"# ours\n\n{SWISH}")
    ((origin, item),) = configured_activations()
    assert str(origin) == "activations.toml"
    assert (item.name, item.defaults, item.learnable) == ("my_swish", {"beta": 1.7}, ("beta",))
    assert (item.summary, item.aliases, item.class_name) == ("A swish of our own.", ("MySwish",), "MySwish")
    assert item.source == f"{project / 'activations.toml'}:3"
    assert item.family == "formula"
    x = torch.linspace(-3, 3, 7, dtype=torch.float64)
    torch.testing.assert_close(item(x, beta=2.0), x * torch.sigmoid(2 * x))
    assert item.variant().kinks is None
    assert "1710.05941" in bibtex([item])


def test_two_inputs_and_no_parameters() -> None:
    text = b'[activations.both]\nformula = "x1*relu(x2)"\n[activations.one]\nformula = "2"'
    file = parse_file(text, Path("/p/activations.toml"), "project")
    assert read_activation(file, "both").inputs == ("x1", "x2")
    assert read_activation(file, "one").inputs == ("x",)
    assert read_activation(file, "one").summary == "A formula from activations.toml."
    with pytest.raises(DeclarationError, match="no source"):
        bibtex([read_activation(file, "one")])


def test_it_pickles_without_its_file(project: Path) -> None:
    (project / "activations.toml").write_text(SWISH)
    ((_, item),) = configured_activations()
    data = pickle.dumps(item.variant(beta=3.0))
    (project / "activations.toml").unlink()
    code = "import pickle, sys, torch; v = pickle.load(sys.stdin.buffer); print(v.label, v.activation.digest, v.kinks)"
    found = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert found.stdout.decode().split() == ["my_swish:beta=3", item.digest, "None"]
    again = pickle.loads(data).activation
    for name in ("formula", "source", "paper", "summary", "aliases", "learnable", "inputs", "parameters"):
        assert str(getattr(again, name)) == str(getattr(item, name))
    gated = formula_activation("a*sigmoid(b)", "gated", inputs=("a", "b"))
    assert pickle.loads(pickle.dumps(gated)).digest == gated.digest


def test_the_digest_follows_formula_parameters_and_name_and_no_more() -> None:
    def digest(text: str) -> str:
        file = parse_file(text.encode(), Path("/p/activations.toml"), "project")
        (entry,) = entries((file,), "activations")
        return read_activation(file, entry.name).digest

    same = {digest(SWISH), digest(f"\n\n{SWISH}"), digest(SWISH.replace("our own", "theirs"))}
    assert len(same) == 1
    others = {
        digest(SWISH.replace(*change))
        for change in (("1.7}", "1.8}"), ("x*s", "2*x*s"), ("my_s", "your_s"), ('["beta"]', "[]"))
    }
    assert len(others) == 4
    assert not others & same


def test_a_target_is_what_its_table_says(project: Path) -> None:
    (project / "activations.toml").write_text(BUMP + '[targets.plane]\nformula = "x1*x2"\ndomain = [[0, 1], [-2, 2]]\n')
    (origin, bump), (_, plane) = configured_targets()
    assert str(origin) == "activations.toml"
    assert (bump.name, bump.domain, bump.points, bump.noise) == ("bump", ((-3, 3),), 64, 0.1)
    assert (bump.title, bump.source, bump.group) == ("A bump", "made up", "bumps")
    assert bump.digest == formula_target("exp(-x^2)", (-3, 3), points=64, noise=0.1).digest
    assert (plane.domain, plane.group) == (((0, 1), (-2, 2)), "configured")
    assert plane.source == f"{project / 'activations.toml'}:9"


def test_a_curve_is_a_target_too() -> None:
    text = b'[targets.spiral]\nformula = "t -> (t*cos(t), t*sin(t))"\ndomain = [0, 12]\n'
    target = read_configured_target(parse_file(text, Path("/p/activations.toml"), "project"), "spiral")
    assert (target.outputs, target.domain) == (2, ((0, 12),))


def test_what_the_project_declares_hides_the_users(project: Path, user: Path) -> None:
    (project / "activations.toml").write_text(SWISH)
    (user / "config.toml").write_text(SWISH.replace("1.7}", "9}") + '[activations.mine]\nformula = "x^3"\n')
    found = {item.name: (str(origin), item.defaults) for origin, item in configured_activations()}
    assert found == {"my_swish": ("activations.toml", {"beta": 1.7}), "mine": ("config.toml", {})}


def test_the_registry_and_the_targets_know_them(project: Path) -> None:
    clash = '[activations.relu]\nformula = "x^3"\n[targets.sin]\nformula = "x^3"\n'
    (project / "activations.toml").write_text(SWISH + BUMP + clash)
    registry = default_registry()
    assert registry.variant("MySwish:beta=2").label == "my_swish:beta=2"
    assert str(registry.origin("my_swish")) == "activations.toml"
    assert [str(problem) for problem in registry.problems if "'relu'" in str(problem)]
    assert registry["relu"].source != f"{project / 'activations.toml'}:16"
    assert registry["activations.toml:relu"].formula.text == "x^3"
    assert resolve_target("bump").points == 64
    assert ["'sin' is taken" in str(problem) for problem in known_targets().problems] == [True]


def test_a_broken_file_is_told_and_not_remembered(project: Path) -> None:
    (project / "activations.toml").write_text(SWISH.replace("sigmoid", "sigmod"))
    with pytest.raises(ConfigurationError, match=r"activations\.toml:2: formula of my_swish: .*sigmoid"):
        default_registry()
    (project / "activations.toml").write_text(SWISH)
    assert "my_swish" in default_registry()


def test_worker_processes_train_with_it(project: Path) -> None:
    (project / "activations.toml").write_text(SWISH + BUMP)
    variants = [item.variant() for _, item in configured_activations()]
    targets = [target for _, target in configured_targets()]
    errors = []
    for jobs in (1, 2):
        result = benchmark(targets, variants, steps=3, seeds=2, hidden=(4,), jobs=jobs)
        errors.append(result.targets[0].ranking[0].rmse)
    assert errors[0] == errors[1]


# What is wrong


@pytest.mark.torture(26)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        # form
        ("[bench]\npreset = ", "activations.toml:2: is no valid TOML: invalid value"),
        ("a = 1\n[bench", "activations.toml:2: is no valid TOML"),
        ("[bench]\n\nseeds = 1\nseeds = 2", "activations.toml:4: is no valid TOML: cannot overwrite a value"),
        ("[bench]\nseeds = 1\nseeds = 2\n[plot]\n", "activations.toml:3: is no valid TOML: cannot overwrite a value"),
        ("[bench]\n[plot]\n[bench]\n", "activations.toml:3: is no valid TOML"),
        (b"[bench]\n# \xff\n", "activations.toml:2: is not UTF-8"),
        ("[bench]".encode("utf-16"), "activations.toml:1: is not UTF-8"),
        (b"\x7fELF\x00\x01", "activations.toml:1: holds binary data"),
        ("a = " + "[" * 100_000, "activations.toml:1: is nested too deep"),
        ("\n" + "a." * 1000 + "b = 1", "activations.toml:2: has more than 100 dots"),
        ("x = " + "9" * 10_000, "activations.toml:1: is no valid TOML"),
        # sections
        ("color = 1", "activations.toml:1: 'color' stands in no table"),
        ('[activation.a]\nformula = "x"', "activations.toml:1: unknown section 'activation'; did you mean activations"),
        ('\n[target.a]\nformula = "x"', "activations.toml:2: unknown section 'target'; did you mean targets"),
        # activations
        ("[activations]\na = 3", "activations.toml:2: a is a number and must be a table"),
        ('[activations.A]\nformula = "x"', "activations.toml:1: 'A' can't name one of the activations"),
        ('[activations."a\\n"]\nformula = "x"', "activations.toml:1: 'a\\n' can't name"),
        (f"[activations.{'a' * 65}]", "activations.toml:1: "),
        ("[activations.a]", "activations.toml:1: a has no formula"),
        ("[activations.a]\n\nformula = 3", "activations.toml:3: formula is a number and must be a text"),
        ('[activations.a]\nformula = ""', "activations.toml:2: formula is empty"),
        ('[activations.a]\nformula = "x*y"', "activations.toml:2: formula of a: "),
        ('[activations.a]\nformula = "x1"', "activations.toml:2: formula of a: write the formula in x"),
        ('[activations.a]\nformula = "__import__(x)"', "activations.toml:2: formula of a: "),
        (
            '[activations.a]\nformula = "x"\nformla = 1',
            "activations.toml:3: unknown key 'formla'; did you mean formula?",
        ),
        ('[activations.a]\nformula = "x"\nparameters = 1', "activations.toml:3: parameters is a number"),
        ('[activations.a]\nformula = "x"\nparameters = {b = 1}', "activations.toml:3: the formula of a has no 'b'"),
        ('[activations.a]\nformula = "b*x"\n[activations.a.parameters]\nb = "1"', "activations.toml:4: b is a text"),
        ('[activations.a]\nformula = "b*x"\nparameters.b = nan', "activations.toml:3: b is not finite"),
        ('[activations.a]\nformula = "b*x"\nparameters.b = true', "activations.toml:3: b is true or false"),
        ('[activations.a]\nformula = "x"\nparameters.dim = 1', "activations.toml:3: 'dim' can't name a parameter"),
        ('[activations.a]\nformula = "x"\nparameters."b c" = 1', "activations.toml:2: formula of a: "),
        ('[activations.a]\nformula = "x"\nlearnable = ["b"]', "activations.toml:3: learnable names 'b'"),
        ('[activations.a]\nformula = "x"\nlearnable = "b"', "activations.toml:3: learnable is a text"),
        ('[activations.a]\nformula = "x"\naliases = ["b:c"]', "activations.toml:3: 'b:c' can't be an alias"),
        ('[activations.a]\nformula = "x"\npaper = 1979-05-27', "activations.toml:3: paper is a date or time"),
        ('[activations.a]\nformula = "x"\nsummary = "\\u0007"', "activations.toml:3: summary has 1 characters"),
        (f'[activations.a]\nformula = "x"\nsummary = "{"b" * 301}"', "activations.toml:3: summary has 301 characters"),
        ('[[activations.a]]\nformula = "x"', "activations.toml:1: a is a list and must be a table"),
        # targets
        ('[targets.a]\nformula = "sin(y)"', "activations.toml:2: formula of a: "),
        ("[targets.a]\npoints = 3", "activations.toml:1: a has no formula"),
        ('[targets.a]\nformula = "x"\npoints = 1', "activations.toml:3: points must be a whole number from 2"),
        ('[targets.a]\nformula = "x"\npoints = 8.5', "activations.toml:3: points must be a whole number from 2"),
        ('[targets.a]\nformula = "x"\nnoise = -1', "activations.toml:3: noise is -1"),
        ('[targets.a]\nformula = "x"\ndomain = 3', "activations.toml:3: domain must be two numbers"),
        ('[targets.a]\nformula = "x"\ndomain = []', "activations.toml:3: domain must be two numbers"),
        ('[targets.a]\nformula = "x"\ndomain = [1, 0]', "activations.toml:3: domain from 1 to 0 is no interval"),
        ('[targets.a]\nformula = "x"\ndomain = [0, inf]', "activations.toml:3: domain is not finite"),
        ('[targets.a]\nformula = "x"\ndomain = [[0, 1], [0, 1]]', ""),
        ('[targets.a]\nformula = "x1+x2"\ndomain = [[0, 1]]', "activations.toml:3: domain of a: "),
        ('[targets.a]\nformula = "x"\ngroup = "core"', "activations.toml:3: 'core' is a suite of its own"),
        (
            '[targets.a]\nformula = "x"\nseed = 1',
            "activations.toml:3: unknown key 'seed'; write one of formula, domain",
        ),
        ('[targets.A]\nformula = "x"', "activations.toml:1: 'A' can't name one of the targets"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(text: str | bytes, told: str) -> None:
    if told:
        assert mistake(text).startswith(told)
    else:
        declare_all(str(text).encode())


@pytest.mark.torture(26)
def test_a_sound_file_has_no_mistake() -> None:
    declare_all((SWISH + BUMP).encode())
    declare_all(b"\xef\xbb\xbf" + (SWISH + BUMP).replace("\n", "\r\n").encode())
    declare_all(b"")


def test_an_error_survives_a_pickle() -> None:
    error = pickle.loads(pickle.dumps(ConfigurationError("no", "a.toml", 3)))
    assert (str(error), error.path, error.line) == ("a.toml:3: no", "a.toml", 3)


@pytest.mark.torture(26)
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"#" * (MAX_BYTES + 1))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    for name, told in (
        ("large", "has more than 1000000 bytes"),
        ("folder", "is a folder"),
        ("pipe", "is no regular file"),
        ("device", "is no regular file"),
        ("none", "there is no such file"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            read_file(tmp_path / name, "named")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        with pytest.raises(ConfigurationError, match="is no file"):
            read_file(tmp_path / "socket", "named")
    (tmp_path / "just").write_bytes(b"#" * MAX_BYTES)
    assert read_file(tmp_path / "just", "named").tables == {}


def test_a_folder_name_cannot_break_the_line() -> None:
    file = parse_file(b"[activations.a]", Path("/p\n\x1b[31m/activations.toml"), "project")
    assert file.place("activations") == "/p\\n\\x1b[31m/activations.toml:1"


# Lines


LINES = '''\
# [not] = "a table"
top = "a # no comment"   # a comment = 1

[bench]            # 4
seeds = [1, # [x]
  2,   # y = 3
  "]", """
[no]
no = 1
"""]
after = 1          # 11
"quo.ted" . 'key' = {inner = 1, "k=" = "}"}
esc."a\\u0062c" = 3 # 13
text = \'\'\'
[no]
\'\'\'\'
next = 0x_no       # 17
[ a . "b" ]        # 18
c = 1979-05-27 07:32:00
[[many]]           # 20
k = 1
[[many]]
k = 2
other = 1          # 24
'''


def test_each_key_has_its_line() -> None:
    valid = LINES.replace("0x_no", "0x10")
    assert set(read_toml(valid)) == {"top", "bench", "a", "many"}
    lines = key_lines(valid)
    expected = {
        ("top",): 2,
        ("bench",): 4,
        ("bench", "seeds"): 5,
        ("bench", "after"): 11,
        ("bench", "quo.ted"): 12,
        ("bench", "quo.ted", "key"): 12,
        ("bench", "esc"): 13,
        ("bench", "esc", "abc"): 13,
        ("bench", "text"): 14,
        ("bench", "next"): 17,
        ("a",): 18,
        ("a", "b"): 18,
        ("a", "b", "c"): 19,
        ("many",): 20,
        ("many", "k"): 21,
        ("many", "other"): 24,
    }
    assert lines == expected
    assert line_of(lines, ("bench", "quo.ted", "key", "inner")) == 12
    assert line_of(lines, ("bench", "nothing")) == 4
    assert line_of(lines, ("nothing",)) == 1


KEYS = st.text("abx-_.\"' #=[\\é\u0007", max_size=4)
VALUES = st.sampled_from(["1", '"#"', "'\"'", '"""\n[a]\n"""', "[\n1, # ]\n]", "{a = 1}", "'''\nb = 1'''"])


def quoted(key: str) -> str:
    """A key as TOML takes any."""
    escaped = "".join(c if c.isalnum() or c in "-_ .#=['" else f"\\u{ord(c):04x}" for c in key)
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{escaped}"'


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KEYS, VALUES), unique_by=lambda pair: pair[0], max_size=6), st.integers(0, 3))
def test_each_line_holds_the_key_that_it_is_of(pairs: list[tuple[str, str]], gap: int) -> None:
    text = "[table]\n"
    expected = {("table",): 1}
    for key, value in pairs:
        text += "\n" * gap + "# k = 1\n" * (gap > 1)
        expected["table", key] = text.count("\n") + 1
        text += f"{quoted(key)} = {value} # {key if key.isprintable() else ''}\n"
    assert list(read_toml(text)["table"]) == [key for key, _ in pairs]
    assert key_lines(text) == expected


TOKENS = st.sampled_from(
    [*'[]{}"\'#=.,\n\r\\ \t\x00é', '"""', "'''", "[activations.a]", "[targets.b]", "[bench]", "formula", "parameters",
     '"x*y"', '"x"', "1", "1.5", "true", "nan", "1979-05-27", "domain", "points", "[-1, 1]", "\n", " = ", "a", "beta"]
)  # fmt: skip


@pytest.mark.torture(26)
@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.lists(TOKENS, max_size=14).map(lambda parts: "".join(parts).encode())))
def test_any_bytes_are_a_configuration_or_a_mistake(data: bytes) -> None:
    told, line = "/p/activations.toml:1: ", 1
    try:
        declare_all(data)
    except ConfigurationError as error:
        told, line = str(error), error.line
    assert re.match(r"/p/activations\.toml:[1-9][0-9]*: ", told)
    assert told.isprintable()
    assert line <= data.count(b"\n") + 1


@settings(max_examples=200, deadline=None)
@given(st.text("ab.=[]{}\"'#\\\n ,", max_size=40))
def test_lines_are_found_in_any_text(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())
