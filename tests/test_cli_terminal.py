"""What reaches a terminal: colours, characters, widths, tables and sketches."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from activations_cli.output import Column, Output, fitting_widths, significant
from activations_cli.sketch import Curve, sketch, vertical_range
from activations_cli.terminal import clean, printable, shows_colors, shows_unicode, width


class Stream(io.StringIO):
    """A stream that may be a terminal, with an encoding."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self.terminal = terminal
        self.named = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.named

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "NO_COLOR",
        "FORCE_COLOR",
        "TERM",
        "COLUMNS",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
        "PYTHONIOENCODING",
        "PYTHONUTF8",
    )
    for name in names:
        monkeypatch.delenv(name, raising=False)


def printed(action: Callable[[Output], None]) -> str:
    """What an action prints to a stdout that is no terminal."""
    stream = Stream()
    with contextlib.redirect_stdout(stream):
        action(Output())
    return stream.getvalue()


@pytest.mark.torture(90)
@pytest.mark.parametrize(
    ("terminal", "mode", "environment", "wanted"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"FORCE_COLOR": "0"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (True, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, "always", {"NO_COLOR": "1"}, True),
        (True, "never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colors(
    terminal: bool, mode: Any, environment: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert shows_colors(Stream(terminal=terminal), mode) is wanted


@pytest.mark.torture(45)
@pytest.mark.parametrize(
    ("encoding", "environment", "wanted"),
    [
        ("utf-8", {}, True),
        ("ascii", {}, False),
        ("cp1252", {}, False),
        ("utf-8", {"LC_ALL": "C"}, False),
        ("utf-8", {"LC_ALL": "de_DE.UTF-8", "LANG": "C"}, True),
        ("utf-8", {"LANG": "POSIX"}, False),
        ("utf-8", {"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, True),
    ],
)
def test_characters(encoding: str, environment: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert shows_unicode(Stream(encoding=encoding)) is wanted


def test_width_of_pipes_is_unbounded_and_columns_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert width(Stream()) > 1000
    assert width(Stream(terminal=True)) == 80  # it has no file descriptor to ask
    for value, expected in (("33", 33), ("0", 80), ("wide", 80)):
        monkeypatch.setenv("COLUMNS", value)
        assert width(Stream(terminal=True)) == expected


@pytest.mark.torture(58)
def test_foreign_text_loses_its_control_characters() -> None:
    assert clean("a\x1b[2J\u202eb\tc\nd") == "a\\x1b[2J\\u202eb\\tc\nd"
    assert clean("naïve λ") == "naïve λ"


@pytest.mark.torture(45)
def test_text_for_ascii_terminals() -> None:
    stream = Stream(encoding="ascii")
    assert printable("f′ … λ ≤ 東", stream) == "f' ... lambda <= \\u6771"
    assert printable("f′", Stream()) == "f′"


@pytest.mark.torture(58)
def test_markup_in_text_is_text() -> None:
    def show(output: Output) -> None:
        output.line("[red]x[/red] :smile: [link=http://x]")
        output.table([Column("[bold]name")], [["[red]a[/red]"], [("[b]b", "green")]])
        output.facts([("[dim]k", "[red]v")])

    shown = printed(show)
    for text in ("[red]x[/red] :smile: [link=http://x]", "[bold]name", "[red]a[/red]", "[b]b", "[dim]k", "[red]v"):
        assert text in shown
    assert "\x1b" not in shown


def test_colors_are_sent_when_asked_for() -> None:
    def show(output: Output) -> None:
        output.color = "always"
        output.line("x", "red")

    assert printed(show) == "\x1b[31mx\x1b[0m\n"


@pytest.mark.torture(91)
def test_json_is_strict_and_ascii() -> None:
    value = {"label": "λ\ud800", "value": None}
    shown = printed(lambda output: output.json(value))
    assert shown.isascii()
    assert json.loads(shown) == value
    with pytest.raises(ValueError, match="not JSON compliant"):
        Output().json({"value": math.nan})


@pytest.mark.torture(90)
@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_tables_keep_to_the_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    heads = [Column("name", key=True), Column("text", short=True), Column("n", "right"), Column("more", optional=True)]
    rows = [["leaky_relu", "word " * 30, "12345", "extra"], None, ["x", "", "1", "y"]]
    shown = printed(lambda output: output.table(heads, rows))
    lines = shown.splitlines()
    assert 4 < max(map(len, lines)) <= columns
    assert all(line == line.rstrip() for line in lines)
    assert ("extra" in shown) == (columns >= 80)
    if columns >= 40:
        assert "leaky_relu" in shown
        assert "12345" in shown


@pytest.mark.torture(45)
def test_tables_are_ascii_where_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    shown = printed(lambda output: output.table([Column("f′"), Column("π", short=True)], [["λ ≥ 1", "–"]]))
    assert shown.isascii()
    assert "lambda >= 1" in shown


def test_room_goes_to_fixed_columns_first() -> None:
    columns = [Column("a", key=True), Column("b"), Column("c"), Column("d", optional=True)]
    assert fitting_widths(columns, [10, 100, 5, 30], 60) == {0: 10, 1: 41, 2: 5}
    assert fitting_widths(columns, [10, 20, 5, 30], 200) == {0: 10, 1: 20, 2: 5, 3: 30}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (1, "1.00"),
        (0.01234, "0.0123"),
        (123.4, "123"),
        (1.234e-5, "1.23e-5"),
        (123456, "1.23e5"),
        (math.inf, "inf"),
    ],
)
def test_three_significant_digits(value: float | None, text: str) -> None:
    assert significant(value) == text


X = [i / 50 - 2 for i in range(201)]


def drawn(curve: Curve, unicode: bool) -> list[str]:
    return ["".join(text for text, _ in line) for line in sketch([curve], 47, 9, unicode)]


def test_a_line_runs_from_corner_to_corner() -> None:
    lines = drawn(Curve("f", X, X, "", "*"), unicode=False)
    assert len(lines) == 10
    assert lines[0].endswith("*")
    assert lines[0].startswith("     2 ")
    assert lines[8].startswith("    -2 *")
    assert lines[9].split() == ["-2", "0", "2"]
    assert all("*" in line for line in lines[:9])
    assert all(line.isascii() for line in lines)


def test_a_jump_is_a_gap_and_not_a_wall() -> None:
    step = [math.nan if x == 0 else math.copysign(1.0, x) for x in X]
    lines = drawn(Curve("f", X, step, "", "*"), unicode=False)
    assert lines[0].count("*") == lines[8].count("*") == 20
    assert not any("*" in line for line in lines[1:8])


def test_braille_has_two_by_four_dots() -> None:
    lines = drawn(Curve("f", X, X, "", "*"), unicode=True)
    ink = [character for line in lines for character in line if 0x2800 < ord(character) <= 0x28FF]
    assert len(ink) >= 36
    assert ord(lines[8][7]) - 0x2800 & 0x40  # the lower left dot of the lower left cell


def test_fast_growth_does_not_flatten_the_rest() -> None:
    assert vertical_range([Curve("f", X, [math.exp(20 * x) for x in X], "", "*")]) == (0.0, 2.0)


def test_curves_without_values_are_survived() -> None:
    assert len(drawn(Curve("f", X, [math.nan] * len(X), "", "*"), unicode=False)) == 10
    assert any("*" in line for line in drawn(Curve("f", X, [0.5] * len(X), "", "*"), unicode=False))
