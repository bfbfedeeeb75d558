"""Figures and tables of the written pages, taken from the code: `{{ test_intervals }}`, `{presets}`, `{hooks}`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from activations import hookspecs
from activations.benchmark import protocol
from activations.benchmark.presets import PRESETS
from activations.benchmark.statistics import cliques, comparison, digits, intervals, racing
from activations.expression.functions import FUNCTIONS
from activations.fitting import samples
from activations.fitting.fused.choice import CACHED_WEIGHTS
from activations.onnx import OPSET, OPSETS
from site_pages.markdown import table
from site_pages.onnx_facts import onnx_graphs, onnx_operators

__all__ = ["TABLES", "figures", "setup"]

ACTIVATION_COUNTS = (2, 3, 5, 10, 12, 20)


def setup(app: Sphinx) -> None:
    """Add the figures as substitutions, and a directive for each table."""
    app.connect("config-inited", _add_figures)
    for name, made in TABLES.items():
        app.add_directive(name, _directive(made))


def figures() -> dict[str, str]:
    """Constants of the code by the names under which pages have them."""
    module = inspect.getmodule
    return {
        "test_intervals": str(samples.TEST_INTERVALS),
        "validation_fraction": str(samples.VALIDATION_FRACTION),
        "race_above": str(racing.RACE_ABOVE),
        "finalists": str(racing.FINALISTS),
        "screening_seeds": str(protocol.SCREENING_SEEDS),
        "draws": f"{intervals.DRAWS:,}",
        "level": f"{comparison.LEVEL:g}",
        "tie_factor": f"{comparison.TIE_FACTOR:g}",
        "most_digits": f"{digits.MOST_DIGITS:g}",
        "most_cliques": str(
            module(cliques.cliques).MOST_ACTIVATIONS if inspect.isfunction(cliques) else cliques.MOST_ACTIVATIONS
        ),
        "cached_weights": f"{CACHED_WEIGHTS:,}",
        "max_steps": f"{protocol.MAX_STEPS:,}",
        "max_seeds": f"{protocol.MAX_SEEDS:,}",
        "max_jobs": f"{protocol.MAX_JOBS:,}",
        "onnx_opset": str(OPSET),
        "onnx_first": str(OPSETS[0]),
        "onnx_last": str(OPSETS[-1]),
    }


def presets() -> str:
    """The presets side by side."""
    rows = [
        (
            f"`{preset.name}`",
            ", ".join(map(str, preset.hidden)),
            str(preset.steps),
            str(preset.seeds),
            ", ".join(f"{scale:g}" for scale in preset.scales),
            f"{preset.iterations} × {preset.starts}",
        )
        for preset in PRESETS.values()
    ]
    return table(("preset", "hidden", "steps", "seeds", "scales", "capacity: iterations × starts"), rows)


def seeds() -> str:
    """How many seeds so many activations need."""
    rows = [(str(count), str(comparison.seeds_needed(count))) for count in ACTIVATION_COUNTS]
    return table(("activations", "seeds needed"), rows)


def hooks() -> str:
    """The hooks with their first sentences."""
    rows = []
    for name in hookspecs.__all__:
        if name.islower() and name != "hookimpl":
            hook = getattr(hookspecs, name)
            arguments = ", ".join(inspect.signature(hook).parameters)
            rows.append((f"`{name}({arguments})`", (inspect.getdoc(hook) or "").split("\n")[0]))
    return table(("hook", "what it does"), rows)


def functions() -> str:
    """The functions of the formula language."""
    return "Functions: " + ", ".join(f"`{name}`" for name in sorted(FUNCTIONS)) + "."


TABLES: dict[str, Callable[[], str]] = {
    "presets": presets,
    "seeds": seeds,
    "hooks": hooks,
    "functions": functions,
    "onnx_operators": onnx_operators,
    "onnx_graphs": onnx_graphs,
}


def _add_figures(app: Sphinx, config: Any) -> None:
    config.myst_substitutions = {**config.myst_substitutions, **figures()}


def _directive(made: Callable[[], str]) -> type[SphinxDirective]:
    class Table(SphinxDirective):
        def run(self) -> Sequence[nodes.Node]:  # type: ignore[override]
            return self.parse_text_to_nodes(StringList(made().splitlines()))

    return Table
