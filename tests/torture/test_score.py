"""That every case has a test, and that the score of `make torture` can fall."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from torture.cases import CASES, SIMULATED
from torture.score import Score, numbers_of

TESTS = Path(__file__).parents[1]
MARK = re.compile(r"\btorture\(|NUMBERS\b")


def marked_files() -> list[Path]:
    """The test files that speak of a case."""
    return sorted(path for path in TESTS.rglob("test_*.py") if MARK.search(path.read_text(encoding="utf-8")))


def numbers_in(items: list[pytest.Item]) -> set[int]:
    """The cases of some tests."""
    return {number for item in items for number in numbers_of(item)}


def test_every_case_has_a_test(request: pytest.FixtureRequest) -> None:
    """In the whole suite the tests are here already; where only some are run, the others are collected."""
    here = {item.path for item in request.session.items}
    missing = [path for path in marked_files() if path not in here]
    found = numbers_in(request.session.items)
    if missing and found != set(CASES):
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *map(str, missing)]
        seen = subprocess.run(
            [*command, "-m", "torture", "-p", "torture.score"],
            capture_output=True,
            text=True,
            cwd=TESTS.parent,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *filter(os.path.isabs, sys.path)])},
            check=True,
        )
        found |= {int(number) for number in re.findall(r"^case (\d+)$", seen.stdout, re.MULTILINE)}
    assert not set(CASES) - found
    assert list(CASES) == list(range(1, 101))
    assert set(SIMULATED) <= set(CASES)


def whole() -> Score:
    """The score where every case has a test that passed."""
    score = Score()
    for number in CASES:
        score.add([number], f"test_{number}", "passed", called=True)
    return score


def test_the_score_is_full_where_every_case_passed() -> None:
    score = whole()
    assert score.count == 100
    assert score.lines()[-1] == "100/100"
    assert [line.split()[0] for line in score.lines()[:-1]] == [str(number) for number in CASES]


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_one_bad_test_among_good_ones_costs_its_cases(outcome: str) -> None:
    score = whole()
    score.add([7, 8], "test_bad", outcome, called=True)
    assert score.count == 98
    assert "test_bad" in score.verdict(7) and score.verdict(9) == "ok"


def test_a_failure_before_the_call_counts_and_a_passed_fixture_does_not() -> None:
    score = Score()
    score.add([1], "test_one", "passed", called=False)
    assert score.verdict(1) == "FAILED, as no test of it ran"
    score.add([1], "test_one", "passed", called=True)
    assert score.verdict(1) == "ok"
    score.add([1], "test_one", "failed", called=False)
    assert score.verdict(1).startswith("FAILED: test_one")


def test_what_is_simulated_may_skip_the_real_thing_and_not_the_simulation() -> None:
    number = min(SIMULATED)
    score = Score()
    score.add([number], "on_the_real_thing", "skipped", called=True)
    assert score.verdict(number).startswith("FAILED")
    score.add([number], "simulated", "passed", called=True)
    assert score.verdict(number) == "ok, simulated"


SUITE = """
import pytest

@pytest.mark.torture({number})
def test_it():
    assert {sound}

@pytest.mark.torture(2)
def test_other():
    assert True
"""


@pytest.mark.parametrize(
    ("number", "sound", "told"),
    [(1, True, "2/100"), (1, False, "1/100"), (101, True, "there is no case 101; write a number from 1 to 100")],
)
def test_pytest_fails_below_the_full_score(number: int, sound: bool, told: str, tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SUITE.format(number=number, sound=sound))
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = torture\n")
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "torture.score", "."],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )
    assert found.returncode != 0
    assert told in found.stdout + found.stderr
