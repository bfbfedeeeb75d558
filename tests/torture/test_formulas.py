"""Cases 1 to 15: formulas at the command line, where somebody types or pastes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from torture.commands import LITTLE, clean, files_below, run, strict

torture = pytest.mark.torture

# The number, the text, a piece of the message, and whether a caret must show the place.
HOSTILE = [
    (1, "__import__('os').system('touch created')", "strings are not allowed", True),
    (2, "().__class__.__base__.__subclasses__()", "attributes are not allowed", True),
    (3, "sin('__import__(\"os\")')", "strings are not allowed", True),
    (4, "9**9**9**9", "constant overflows", True),
    (5, "x**x**x**x", "not finite at x=-2 (first of ", False),
    (6, "(" * 3000 + "x" + ")" * 3000, "expression too long (6001 characters; limit 1000)", True),
    (6, "-" * 20_000 + "x", "expression too long", True),
    (6, "+x" * 60_000, "expression too long", True),
    (7, "9" * 5000, "expression too long", True),
    (7, "1e999", "constant overflows", True),
    (7, "1j", "complex numbers are not allowed", True),
    (7, "True", "unknown target 'True'", False),  # a word alone is taken for a name
    (7, "True*x", "True is not a number", True),
    (7, "...", "'...' is not allowed", True),
    (7, "x + None", "None is not a number", True),
    (8, "", "empty", False),
    (8, "  ", "empty", True),
    (8, "# x", "comments are not allowed", True),
    (8, "x\0", "control character U+0000", True),
    (8, "x\ny", "a line break is not allowed", True),
    (8, "x;x", "';' is not allowed", True),
    (8, "(y := x)", "':=' is not allowed", True),
    (8, "lambda: x", "lambda is not allowed", True),
    (8, "f'{x}'", "f-strings are not allowed", True),
    (8, "[x for x in x]", "comprehensions are not allowed", True),
    (9, "ｓｉｎ(x)", "non-ASCII character U+FF53 at column 1", True),
    (9, "2*х", "non-ASCII character U+0445 at column 3", True),
    (9, "x\u200b*2", "non-ASCII character U+200B", True),
    (9, "\u200f2*x", "non-ASCII character U+200F", True),
    (9, "x + \ud800", "non-ASCII character U+D800", True),
    (10, "2x", "write 2*x", True),
    (10, "sinn(x)", "did you mean sin?", True),
    (10, "sin()", "sin takes 1 argument, got 0", True),
    (10, "sin(x,x)", "sin takes 1 argument, got 2", True),
    (10, "sin(x=x)", "keyword arguments are not allowed", True),
    (10, "sin(*x)", "'*' before an argument", True),
    (11, "1/x", "not finite at x=0 (first of 1)", False),
    (11, "log(x)", "not finite at x=-", False),
]


@pytest.mark.parametrize(
    ("text", "told", "caret"), [pytest.param(*rest, marks=torture(number)) for number, *rest in HOSTILE]
)
def test_a_hostile_formula_ends_a_command_cleanly(
    text: str, told: str, caret: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    domain = ("--domain", "-2", "2") if text == "x**x**x**x" else ()
    found = run("bench", "-a", "relu", *LITTLE, "--no-store", "-o", "out", *domain, "--", text)
    assert clean(found, 2, told, lines=4)
    assert caret == any(line.strip() == "^" for line in found.stderr.splitlines())
    assert files_below(tmp_path) == []
    assert all(len(line) < 300 for line in found.stderr.splitlines())


@torture(4, 6, 7)
def test_a_hostile_activation_ends_a_command_cleanly() -> None:
    for text in ("9**9**9**9*x", "(" * 3000 + "x" + ")" * 3000, "1e999*x"):
        assert clean(run("show", "--", text), 2, lines=4)


@torture(10)
def test_powers_and_logarithms_in_other_spellings_are_taken() -> None:
    """`sin` alone is refused by the list; as a target it is one of ours, which is better: it is a name."""
    for written, meant in (("x^2", "x**2"), ("ln(2 + x)", "log(2 + x)")):
        shown = [strict(run("show", "--json", "--", text).stdout) for text in (written, meant)]
        assert shown[0]["formula"] == shown[1]["formula"]
    assert clean(run("show", "--", "2*sin"), 2, "sin is a function at column 3 (write sin(x))", lines=4)
    assert run("bench", "sin", "-a", "relu", *LITTLE, "--no-store", "--json").exit_code == 0


@torture(12)
def test_the_fit_of_a_constant_is_told_by_its_rmse_alone() -> None:
    for text in ("3", "0*x"):
        found = run("bench", "-a", "relu", *LITTLE, "--no-store", "--json", "--", text)
        assert found.exit_code == 0, found.stderr
        (row,) = strict(found.stdout)["targets"][0]["ranking"]
        assert (row["r2"], row["nrmse"]) == (None, None)
        assert row["rmse"] >= 0
        shown = run("bench", "-a", "relu", *LITTLE, "--no-store", "--", text)
        assert "RMSE" in shown.stdout and "nan" not in shown.stdout.lower()


@torture(13)
def test_lines_of_any_steepness_have_one_relative_error() -> None:
    errors = []
    for text in ("x", "1e30*x", "1e-30*x"):
        found = run("bench", "-a", "tanh", *LITTLE, "--no-store", "--json", "--", text)
        assert found.exit_code == 0, found.stderr
        (row,) = strict(found.stdout)["targets"][0]["ranking"]
        errors.append((row["nrmse"], row["rmse"]))
    (plain, unit), (large, in_large), (small, in_small) = errors
    assert large == pytest.approx(plain, rel=1e-2) and small == pytest.approx(plain, rel=1e-2)
    assert in_large == pytest.approx(1e30 * unit, rel=1e-2) and in_small == pytest.approx(1e-30 * unit, rel=1e-2)


@torture(14)
def test_keys_of_formulas_are_no_accident_of_the_process() -> None:
    """Spellings that differ in blanks and synonyms are one formula; those that differ in order are several."""
    code = (
        "from activations.fitting.targets import formula_target as t; "
        "print(*[t(f).digest for f in ('2*x**2 + ln(3 + x)', '2 * x^2+log(3+x)', 'log(3 + x) + 2*x**2')])"
    )
    seen = [
        subprocess.run(
            [sys.executable, "-c", f"import os; {code}"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert seen[0] == seen[1]
    one, same, other = seen[0]
    assert one == same != other
