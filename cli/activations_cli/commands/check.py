"""`activations check`: the proofs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from activations_cli.failures import ExitCode
from activations_cli.loading import read_any_variants
from activations_cli.options import activations_argument, json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output, counted, significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.testing import Outcome

__all__ = ["command"]

GRADIENT = (
    "gradient: use torch's functions all the way, no .detach(), .item() or numpy; or mend derivative= or backward."
)
TRACED = "transforms, compile: no .item() and no Python if on values; write torch.where(x > 0, ..., ...)."
# What usually mends a failure.
ADVICE = {
    "value": "value: correct the code or the formula; where digits are lost, use expm1, log1p, softplus or sinc.",
    "gradient": GRADIENT,
    "gradcheck": GRADIENT,
    "second-derivative": "second-derivative: a backward of your own must be made of differentiable functions itself.",
    "closed-form": "closed-form: correct derivative=, or leave it out and autograd is taken.",
    "kinks": 'kinks: declare where the derivative jumps, and nowhere else, as in kinks=("0",); jumps of the value too.',
    "native": "native: name torch's function only where it gives the same values, or say how it differs.",
    "finite": "finite: give each branch of torch.where arguments that it can bear, as in f(x.clamp(min=0)).",
    "special": "special: mend the value at ±inf, or declare it, as in special={'inf': math.nan}.",
    "shapes": "shapes: compute elementwise, return a new tensor, and use no random numbers.",
    "dtypes": "dtypes: constants as Python numbers or x.new_tensor(...); no .float(), .double() or default dtype.",
    "run-axis": "run-axis: parameters may be tensors that broadcast; use torch's functions on them.",
    "learnable": "learnable: parameters must go through torch's functions, not through math or float().",
    "transforms": TRACED,
    "compile": TRACED,
}

# The checks whose errors are comparable numbers, with their headings.
MEASURED = {"value": "f", "gradient": "f′", "second-derivative": "f″"}
STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim", "expected": "yellow"}


@click.command("check")
@activations_argument("names", metavar="[NAME|FILE.py|PLUGIN]...", over_axis=True)
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

    A FILE.py stands for all activations that it declares, a PLUGIN, which is the name of a distribution, for all that
    it provides.

    A name alone is proved at its defaults and at the settings that its declaration lists. Each check is shown with
    what was compared, the largest error and where; without names one line per activation is, unless -v is given. The
    exit code is 1 if any failed.
    """
    variants = read_any_variants(output, expanded(names))
    checks = chosen_checks(only)
    from activations.testing import checks_of, run_checks, variants_to_prove

    # A name alone stands for all settings that its declaration wants proved.
    proved = variants_to_prove([v.activation if v == v.activation.variant() else v for v in variants])
    total = sum(len(checks or checks_of(variant)) for variant in proved)
    outcomes: list[Outcome] = []
    with output.progress() as advance:
        for outcome in run_checks(proved, checks or None):
            outcomes.append(outcome)
            advance(len(outcomes), total, f"{outcome.label} {outcome.check}")
            if exit_first and outcome.status == "failed":
                break
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if as_json:
        counts = {status: sum(outcome.status == status for outcome in outcomes) for status in STYLES}
        output.json({"passed": not failed, "counts": counts, "outcomes": [o.to_dict() for o in outcomes]})
    else:
        show(output, outcomes, in_full=bool(names or only) or output.verbosity > 0)
        tell_next(output, names, outcomes)
    if failed:
        context.exit(ExitCode.CHECKS_FAILED)


def expanded(names: Sequence[str]) -> list[str]:
    """The names with the activations that files and plugins provide in place of those.

    Raises:
        PluginError: a plugin is broken, or provides no activation.
    """
    from activations.discovery import canonical
    from activations.errors import PluginError
    from activations.plugins import add_file, installed_plugins

    for name in names:
        if name.endswith(".py"):
            add_file(name)
    found: list[str] = []
    plugins = [plugin for plugin in installed_plugins() if not plugin.off]
    for name in names:
        wanted = canonical(Path(name).name)
        own = [plugin for plugin in plugins if canonical(plugin.origin.distribution) == wanted]
        if not own:
            found.append(name)
            continue
        provided = [
            f"{plugin.origin.distribution}:{facts.name}" for plugin in own for facts in plugin.load().facts.activations
        ]
        if not provided:
            raise PluginError(
                f"plugin {own[0].origin} provides no activation; 'activations plugins' tells what it does"
            )
        found += provided
    return found


def tell_next(output: Output, names: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """What to type after the proof of a file."""
    files = [name for name in names if name.endswith(".py")]
    if not files or any(outcome.status == "failed" for outcome in outcomes):
        return
    label, file = shlex.quote(outcomes[0].label), shlex.quote(files[0])
    output.note(
        "Next:\n"
        f"  activations plot {label} --plugin {file}\n"
        f"  activations bench sin -a {label} -a relu -a tanh --plugin {file}\n"
        "  activations plugins new NAME    # a distribution to install and to give away"
    )


def chosen_checks(only: Sequence[str]) -> list[str]:
    """The named checks in their own order; none if none is named, which stands for all.

    Raises:
        click.BadParameter: a name is no check.
    """
    from activations.testing import AXIS_CHECKS, CHECKS

    known = list(dict.fromkeys([*CHECKS, *AXIS_CHECKS]))
    for name in only:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"the checks are {', '.join(known)}"
            raise click.BadParameter(f"there is no check {name!r}; {hint}", param_hint="'--only'")
    return [name for name in known if name in only]


def show(output: Output, outcomes: Sequence[Outcome], in_full: bool) -> None:
    """A table of the outcomes, the failures in full, and one line that sums up."""
    if in_full:
        columns = [
            Column("activation", key=True),
            Column("check", key=True),
            Column("result", key=True),
            Column("error", "right"),
            Column("compared, and where the error is largest", style="dim"),
        ]
        output.table(columns, [full_row(outcome) for outcome in outcomes])
    else:
        columns = [
            Column("activation", key=True),
            Column("checks", "right"),
            *(Column(title, "right", optional=True) for title in MEASURED.values()),
            Column("failed", style="red"),
        ]
        groups: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            groups.setdefault(outcome.label, []).append(outcome)
        output.table(columns, [summary_row(label, group) for label, group in groups.items()])
        output.line()
        text = "Errors are the largest relative ones against the formula or reference at 50 digits; -v shows where."
        output.line(text, "dim")
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    tell_failures(output, failed)
    output.line()
    counts = {status: sum(outcome.status == status for outcome in outcomes) for status in STYLES}
    notes = [counted(len({outcome.label for outcome in outcomes}), "setting")]
    notes += [f"{counted(counts['passed'], 'check')} passed", f"{counts['skipped']} do not apply"]
    notes += [f"{counts['expected']} fail as declared"] if counts["expected"] else []
    verdict = (f"{len(failed)} failed", "bold red") if failed else ("all passed", "bold green")
    output.show(output.joined(verdict, f" · {' · '.join(notes)}"))


def tell_failures(output: Output, failed: Sequence[Outcome]) -> None:
    """Each failure in full, one that several checks share once; and what to write to mend it."""
    groups: dict[tuple[str, str], list[str]] = {}
    for outcome in failed:
        message = outcome.message.removeprefix(f"{outcome.label}: {outcome.check}: ")
        groups.setdefault((outcome.label, message), []).append(outcome.check)
    for (label, message), checks in groups.items():
        output.line()
        output.show(output.joined(("failed  ", "bold red"), f"{label}: {', '.join(checks)}: {message}"))
    advice = {ADVICE[outcome.check]: None for outcome in failed if outcome.check in ADVICE}
    if advice:
        output.line()
        output.line("What to write next:")
        for text in advice:
            output.line(f"- {text}")


def summary_row(label: str, outcomes: Sequence[Outcome]) -> list[Cell]:
    """One activation: how many checks held, the errors of those that measure one, and which failed."""
    failed = [outcome.check for outcome in outcomes if outcome.status == "failed"]
    held = sum(outcome.status in ("passed", "expected") for outcome in outcomes)
    count = f"{held}/{held + len(failed)}"
    errors = {outcome.check: significant(outcome.error, 2) for outcome in outcomes if outcome.status == "passed"}
    measured: list[Cell] = [errors.get(check, "") for check in MEASURED]
    return [(label, "red" if failed else ""), (count, "red" if failed else "green"), *measured, ", ".join(failed)]


def full_row(outcome: Outcome) -> list[Cell]:
    """One outcome as cells."""
    place = f"; {outcome.where}" if outcome.where and outcome.error else ""
    passed = outcome.status == "passed"
    detail = outcome.compared + place if passed else outcome.message
    error = significant(outcome.error, 2) if passed else ""
    return [outcome.label, outcome.check, (outcome.status, STYLES[outcome.status]), error, detail]
