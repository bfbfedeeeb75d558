"""`activations check`: the proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from activations_cli.failures import ExitCode
from activations_cli.loading import read_variants
from activations_cli.options import activations_argument, json_option, pass_output, terminal_options
from activations_cli.output import Column, Output, significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.testing import Outcome

__all__ = ["command"]

STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim", "expected": "yellow"}


@click.command("check")
@activations_argument("names", metavar="[NAME]...")
@click.option("--only", "only", metavar="CHECK", multiple=True, help="Run only this check; may be given several times.")
@click.option("-x", "--exit-first", is_flag=True, help="Stop at the first failure.")
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(
    output: Output,
    context: click.Context,
    names: tuple[str, ...],
    only: tuple[str, ...],
    exit_first: bool,
    as_json: bool,
) -> None:
    """Prove activations: code against formula, derivatives, kinks, dtypes, modules; all, or those named.

    Shows for each the check with the largest error; -v shows every check. The exit code is 1 if any failed.
    """
    variants = read_variants(output, names)
    checks = chosen_checks(only)
    from activations.testing import run_checks, variants_to_prove

    proved = variants_to_prove(variants if names else [variant.activation for variant in variants])
    outcomes: list[Outcome] = []
    with output.progress("checking", total=len(proved) * len(checks)) as advance:
        for outcome in run_checks(proved, checks):
            outcomes.append(outcome)
            advance(len(outcomes), f"{outcome.label} {outcome.check}")
            if exit_first and outcome.status == "failed":
                break
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if as_json:
        counts = {status: sum(outcome.status == status for outcome in outcomes) for status in STYLES}
        output.json({"passed": not failed, "counts": counts, "outcomes": [o.to_dict() for o in outcomes]})
    else:
        show(output, outcomes, failed)
    if failed:
        context.exit(ExitCode.CHECKS_FAILED)


def chosen_checks(only: Sequence[str]) -> list[str]:
    """The checks to run, in their own order.

    Raises:
        click.BadParameter: a name is no check.
    """
    from activations.testing import CHECKS

    for name in only:
        if name not in CHECKS:
            import difflib

            near = difflib.get_close_matches(name, CHECKS, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"the checks are {', '.join(CHECKS)}"
            raise click.BadParameter(f"there is no check {name!r}; {hint}", param_hint="'--only'")
    return [name for name in CHECKS if not only or name in only]


def show(output: Output, outcomes: Sequence[Outcome], failed: Sequence[Outcome]) -> None:
    """A table of the outcomes, the failures in full, and one line that sums up."""
    if output.verbosity > 0:
        columns = [
            Column("activation"),
            Column("check"),
            Column("result"),
            Column("error", "right"),
            Column("compared, and where the error is largest", style="dim"),
        ]
        output.table(columns, [full_row(outcome) for outcome in outcomes])
    else:
        columns = [
            Column("activation"),
            Column("checks", "right"),
            Column("worst error", "right"),
            Column("in check"),
            Column("at", style="dim", short=True),
        ]
        groups: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            groups.setdefault(outcome.label, []).append(outcome)
        output.table(columns, [summary_row(label, group) for label, group in groups.items()])
    for outcome in failed:
        output.line()
        output.show(output.joined(("failed ", "bold red"), outcome.message))
    output.line()
    labels = {outcome.label for outcome in outcomes}
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    skipped = sum(outcome.status == "skipped" for outcome in outcomes)
    expected = sum(outcome.status == "expected" for outcome in outcomes)
    notes = [f"{passed} checks passed", f"{skipped} do not apply"]
    notes += [f"{expected} fail as declared"] if expected else []
    verdict = (f"{len(failed)} failed", "bold red") if failed else ("all passed", "bold green")
    output.show(output.joined(verdict, f" · {len(labels)} activations and settings · {' · '.join(notes)}"))


def summary_row(label: str, outcomes: Sequence[Outcome]) -> list[Any]:
    """One activation: how many checks held, and the one with the largest error, or the first that failed."""
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    held = sum(outcome.status in ("passed", "expected") for outcome in outcomes)
    count = f"{held}/{held + len(failed)}"
    if failed:
        names = ", ".join(outcome.check for outcome in failed)
        return [(label, "bold red"), (count, "red"), ("failed", "red"), (names, "red"), ""]
    measured = [outcome for outcome in outcomes if outcome.error is not None and outcome.status == "passed"]
    if not measured:
        return [label, (count, "green"), significant(None), "", ""]
    worst = max(measured, key=lambda outcome: outcome.error or 0.0)
    return [label, (count, "green"), significant(worst.error, 2), worst.check, worst.where or ""]


def full_row(outcome: Outcome) -> list[Any]:
    """One outcome as cells."""
    place = f"{outcome.compared}; {outcome.where}" if outcome.where else outcome.compared
    detail = place if outcome.status == "passed" else outcome.message
    error = significant(outcome.error, 2) if outcome.status == "passed" else ""
    return [outcome.label, outcome.check, (outcome.status, STYLES[outcome.status]), error, detail]
