"""Small results for the tests of the report: real benchmarks of odd targets with a few steps of training."""

import math
from dataclasses import replace

from activations.benchmark import PRESETS, benchmark
from activations.benchmark.assembly import assemble
from activations.benchmark.best_known import BestKnown
from activations.benchmark.entry import Entry
from activations.benchmark.outcome import Errors
from activations.benchmark.presets import Preset
from activations.declare import formula_activation
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.registry import default_registry

HOSTILE = "=cmd|' /C calc'!A0<script>window.__pwn=1;alert(1)</script>\x1b[31m"
IMAGE = "<img src=x onerror=window.__pwn=2>"
TINY = Preset("quick", (6,), steps=25, seeds=3, tuning_seeds=2, finalists=2, scales=(1.0,))


def ranked(targets, names, **settings):
    """A benchmark of little work; names that are no text are activations."""
    chosen = [default_registry().variant(name) if isinstance(name, str) else name.variant() for name in names]
    whole = PRESETS["quick"]
    PRESETS["quick"] = TINY
    try:
        return benchmark(targets, chosen, **settings)
    finally:
        PRESETS["quick"] = whole


def hostile_table(folder):
    """A file whose headers are attacks."""
    place = folder / "evil <b>.csv"
    rows = [f"{i / 10},{math.sin(i / 3)}" for i in range(40)]
    place.write_text("\n".join([f"{HOSTILE},{IMAGE}", *rows]))
    return csv_target(str(place))


def odd_result(folder):
    """Every kind of target: a function, rows, a curve in the plane, classes, a constant, two inputs."""
    classes = folder / "classes.csv"
    lines = [f"{i % 7},{i // 7},{(3 * i) % 5},{'abc'[i % 3]}" for i in range(60)]
    classes.write_text("\n".join(["a,b,c,kind", *lines]))
    targets = [
        formula_target("sin(3*x)", points=25),
        hostile_table(folder),
        resolve_target("t -> (t*cos(t), t*sin(t))", (0, 6)),
        resolve_target("xor"),
        csv_target(str(classes)),
        formula_target("2 + 0*x", points=20),
        formula_target("x1*x2", ((-1, 1), (-1, 1)), points=60),
    ]
    long = formula_activation("tanh(x)" + " + 0*x" * 32)
    return ranked(targets, ["relu", "tanh", long, formula_activation("exp(exp(exp(x*x + 9)))")])


def many_result(activations, targets, seeds=3):
    """Copies of one benchmark under many names, with made-up errors; some runs diverged."""
    base = ranked([formula_target("sin(3*x)", points=25)], ["tanh"], seeds=seeds)
    (source,) = base.targets[0].outcomes.values()
    entries = []
    labels = [f"copy_{i}" for i in range(activations)]
    variants = [
        replace(source[0].run.variant.activation, name=label, same_at_defaults={}).variant() for label in labels
    ]
    for t in range(targets):
        target = replace(base.targets[0].target, name=f"target {t}", group=f"group {t % 3}", points=25 + t)
        for i, variant in enumerate(variants):
            made = []
            for s, outcome in enumerate(source):
                error = 10.0 ** (-1 - ((7 * i + 3 * t) % activations) / activations - 0.01 * s)
                if (i + t + s) % 17 == 0:
                    error = math.inf
                r2 = 1 - error**2 if error < math.inf else -math.inf
                run = replace(outcome.run, variant=variant, target=target)
                gone = 7 if math.isinf(error) else None
                errors = Errors(error, error, 3 * error, r2)
                made.append(replace(outcome, run=run, test=errors, failed=gone is not None, diverged_at=gone))
            entries.append(Entry("ranking", tuple(made), at_edge=False))
    return assemble(entries, BestKnown(), base.settings, base.device, base.versions, seconds=1.0)
