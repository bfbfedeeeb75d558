"""A plugin of pytest that counts which of the hundred cases passed: `make torture` runs the marked tests with it.

A case passes if a test of it ran and none failed. A skipped test fails its case, unless the case is a simulated one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest
from torture.cases import CASES, SIMULATED

__all__ = ["Score"]

PROPERTY = "torture"


class Score:
    """What became of the tests of each case.

    Attributes:
        passed: how many passed, by number.
        failed: those that failed, by number.
        skipped: those that were skipped, by number.
    """

    def __init__(self) -> None:
        self.passed: dict[int, int] = defaultdict(int)
        self.failed: dict[int, list[str]] = defaultdict(list)
        self.skipped: dict[int, list[str]] = defaultdict(list)

    def add(self, numbers: Iterable[int], name: str, outcome: str, *, called: bool) -> None:
        """Count one phase of a test: only the call itself can pass it, and any phase can fail it."""
        for number in numbers:
            if outcome == "failed":
                self.failed[number].append(name)
            elif outcome == "skipped":
                self.skipped[number].append(name)
            elif called:
                self.passed[number] += 1

    def verdict(self, number: int) -> str:
        """What a case came to: "ok", or what is wrong."""
        if self.failed[number]:
            return f"FAILED: {self.failed[number][0]}"
        if self.skipped[number] and number not in SIMULATED:
            return f"FAILED, as a test of it was skipped: {self.skipped[number][0]}"
        if not self.passed[number]:
            return "FAILED, as no test of it ran"
        return "ok, simulated" if number in SIMULATED else "ok"

    @property
    def count(self) -> int:
        """How many cases passed."""
        return sum(self.verdict(number).startswith("ok") for number in CASES)

    def lines(self) -> list[str]:
        """The list of all cases, and the score."""
        width = max(map(len, CASES.values()))
        listed = [f"{number:3}  {words:{width}}  {self.verdict(number)}" for number, words in CASES.items()]
        return [*listed, f"{self.count}/{len(CASES)}"]


class Reporter:
    """Listens to a session of pytest."""

    def __init__(self) -> None:
        self.score = Score()
        self.found: set[int] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Write the numbers of each test where its reports take them along, from other processes too."""
        for item in items:
            numbers = numbers_of(item)
            item.user_properties += [(PROPERTY, number) for number in numbers]
            self.found.update(numbers)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what a test came to."""
        numbers = [int(str(value)) for name, value in report.user_properties if name == PROPERTY]
        # An expected failure is a skipped report.
        self.score.add(numbers, report.nodeid, report.outcome, called=report.when == "call")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End with an error below the full score."""
        if is_worker(session.config) or session.config.option.collectonly:
            return
        if exitstatus == pytest.ExitCode.OK and self.score.count < len(CASES):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the list; where nothing is run, the cases that have a test."""
        terminalreporter.section("the hundred cases")
        found = [f"case {number}" for number in sorted(self.found)]
        for line in found if terminalreporter.config.option.collectonly else self.score.lines():
            terminalreporter.line(line)


def numbers_of(item: pytest.Item) -> list[int]:
    """The numbers of the cases that a test covers.

    Raises:
        pytest.UsageError: there is no such case.
    """
    numbers = sorted({number for mark in item.iter_markers("torture") for number in mark.args})
    for number in numbers:
        if number not in CASES:
            raise pytest.UsageError(
                f"{item.nodeid}: there is no case {number!r}; write a number from 1 to {len(CASES)}"
            )
    return numbers


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another one, which reports."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Start listening."""
    config.pluginmanager.register(Reporter(), "torture-score")
