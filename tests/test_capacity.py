import importlib.util
import json
import math
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from activations.benchmark import PRESETS, benchmark
from activations.benchmark.best_known import BestKnown
from activations.benchmark.capacity import (
    LBFGS_ITERATIONS,
    capacity_effort,
    capacity_recipe,
    capacity_run,
    untuned,
)
from activations.benchmark.chunk import train_chunk
from activations.benchmark.entry import Entry
from activations.benchmark.plan import Run
from activations.benchmark.presets import Preset
from activations.fitting.network import Network
from activations.fitting.recipe import Recipe
from activations.fitting.settings import SettingError
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.floors import exact_floor
from activations.registry import default_registry
from activations_cli import results
from activations_cli.main import cli
from activations_cli.output import Output

REGISTRY = default_registry()
ROOT = Path(__file__).parents[1]
SIN = formula_target("sin(4*x)", points=25)
P4 = formula_target("(35*x^4 - 30*x^2 + 3)/8")


@pytest.fixture(autouse=True)
def _small_presets(monkeypatch):
    """The same protocol with little work."""
    tiny = Preset(
        "quick", (4,), steps=30, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0, 3.0), iterations=40, starts=2
    )
    monkeypatch.setitem(PRESETS, "quick", tiny)


def variants(*names):
    return [REGISTRY.variant(name) for name in names]


def comparable(result):
    """Everything but wall times."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key != "seconds"}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(result.to_dict())


# The recipe


def recipe_of(hidden, points, outputs=1, **settings):
    return capacity_recipe(Network(1, hidden, outputs, REGISTRY.variant("tanh")), points, starts=4, **settings)


def test_the_recipe_is_levenberg_marquardt_as_far_as_it_is_affordable():
    assert recipe_of((32,), 200) == Recipe(optimizer="lm", starts=4)
    # 1 + 3·499 = 1498 parameters, 1501 and 481·4158 entries of the Jacobian.
    assert recipe_of((499,), 1000).optimizer == "lm"
    assert recipe_of((500,), 1000).optimizer == "lbfgs"
    assert recipe_of((20, 20), 4158).optimizer == "lm"
    assert recipe_of((20, 20), 4159).optimizer == "lbfgs"
    assert recipe_of((20, 20), 4158, outputs=2).optimizer == "lbfgs"
    assert recipe_of((4,), 50, classes=True) == Recipe(optimizer="lbfgs", starts=4)


def test_the_history_fits_into_memory():
    assert recipe_of((60, 60), 10_000).history == 100
    histories = [recipe_of((width, width), 10_000).history for width in (300, 600, 5000)]
    assert 100 > histories[0] > histories[1] > histories[2] == 10


def test_a_run_by_lbfgs_has_more_iterations():
    run = Run(SIN, REGISTRY.variant("tanh"), (4,), 0.01, 3.0, 5, 200, precision="float64")
    assert capacity_run(run, 4) == replace(run, recipe=Recipe(optimizer="lm", starts=4))
    classes = replace(run, target=resolve_target("spiral"))
    assert capacity_run(classes, 4).recipe == Recipe(optimizer="lbfgs", starts=4)
    assert capacity_run(classes, 4).steps == 200 * LBFGS_ITERATIONS
    (choice,) = untuned([run])
    assert (choice.run.learning_rate, choice.run.scale, choice.at_edge) == (1.0, 1.0, False)


# The ranking


def test_the_ranking_by_capacity_is_far_better_than_as_trained_and_says_what_it_is():
    capacity = benchmark([SIN], variants("tanh", "relu"), capacity=True)
    trained = benchmark([SIN], variants("tanh", "relu"))
    for label in ("tanh", "relu"):
        able, reached = (
            next(row for row in result.targets[0].ranking if row.activation == label) for result in (capacity, trained)
        )
        assert able.rmse < reached.rmse / 2
        assert (able.learning_rate, able.scale, able.at_edge) == (1.0, 1.0, False)
        assert able.seeds == 3 and able.interval is not None
    assert capacity.settings["ranking"] == "capacity" and trained.settings["ranking"] == "as trained"
    assert capacity.settings["recipe"] == Recipe(optimizer="lm", starts=2).to_dict()
    assert capacity.settings["precision"] == "float64" and capacity.settings["steps"] == 40
    assert capacity.settings["tuning_seeds"] == 0
    assert "best of 2 starts" in capacity.settings["optimizer"]
    assert trained.settings["recipe"] == Recipe().to_dict()
    json.dumps(capacity.to_dict(), allow_nan=False)


def test_both_rankings_have_the_same_fresh_seeds_and_initial_weights():
    capacity, trained = (benchmark([SIN], variants("tanh"), capacity=flag, steps=1) for flag in (True, False))
    seeds = [[outcome.run.seed for outcome in result.targets[0].outcomes["tanh"]] for result in (capacity, trained)]
    assert seeds[0] == seeds[1]


def test_it_depends_neither_on_the_number_of_jobs_nor_on_the_company():
    targets = [SIN, formula_target("abs(x)", points=20)]
    one = benchmark(targets, variants("tanh", "relu"), capacity=True, jobs=1)
    two = benchmark(targets, variants("tanh", "relu"), capacity=True, jobs=2)
    assert comparable(one) == comparable(two)
    alone = benchmark([SIN], variants("relu"), capacity=True)
    assert [o.test for o in alone.targets[0].outcomes["relu"]] == [o.test for o in one.targets[0].outcomes["relu"]]


def test_a_store_gives_the_runs_back(tmp_path):
    first = benchmark([SIN], variants("tanh"), capacity=True, store=tmp_path / "store.db")
    again = benchmark([SIN], variants("tanh"), capacity=True, store=tmp_path / "store.db")
    assert (first.reused, again.reused) == (0, 3)
    assert comparable(replace(first, reused=3)) == comparable(again)
    # An ordinary ranking shares nothing with it.
    assert benchmark([SIN], variants("tanh"), store=tmp_path / "store.db").reused == 0


def test_classes_are_ranked_by_cross_entropy():
    result = benchmark([resolve_target("spiral3")], variants("tanh"), capacity=True, hidden=(8,))
    (outcomes,) = result.targets[0].outcomes.values()
    assert {outcome.run.recipe.optimizer for outcome in outcomes} == {"lbfgs"}
    assert result.targets[0].ranking[0].accuracy > 0.7
    assert result.targets[0].ranking[0].floor is None


def test_sigmoid_and_tanh_are_one_family_and_tie():
    """sigmoid(z) = (1 + tanh(z/2))/2; on 10 seeds a different family is told from them."""
    target = formula_target("x^3 + x^2", points=50)
    result = benchmark([target], variants("tanh", "sigmoid", "sine"), capacity=True, hidden=(1,), steps=150, seeds=9)
    rows = {row.activation: row for row in result.targets[0].ranking}
    assert rows["tanh"].tied and rows["sigmoid"].tied and not rows["sine"].tied
    assert rows["tanh"].rmse == pytest.approx(rows["sigmoid"].rmse, rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"capacity": True, "recipe": Recipe(optimizer="sgd")}, "capacity=True chooses the recipe itself; leave out"),
        ({"recipe": Recipe(optimizer="lm")}, "optimizer='lm' needs precision='float64', got 'float32'"),
        (
            {"recipe": Recipe(optimizer="lm"), "precision": "float64", "targets": ["spiral"]},
            "can't fit the classes of spiral; choose 'lbfgs'",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(settings, message):
    targets = [resolve_target(name) for name in settings.pop("targets", ["sin"])]
    with pytest.raises(SettingError, match=message):
        benchmark(targets, variants("relu"), **settings)


def test_a_recipe_without_a_rate_is_not_tuned():
    stages = []
    result = benchmark(
        [SIN], variants("tanh"), recipe=Recipe(optimizer="lbfgs"), progress=lambda seen: stages.append(seen.stage)
    )
    assert set(stages) == {"ranking"}
    assert result.settings["ranking"] == "as trained"
    assert result.settings["optimizer"] == "L-BFGS with history 100"
    assert (result.settings["tuning_seeds"], result.settings["scales"]) == (0, [1.0])


def test_a_race_is_screened_without_tuning():
    names = [
        "relu",
        "leaky_relu",
        "elu",
        "gelu",
        "silu",
        "mish",
        "tanh",
        "sigmoid",
        "softplus",
        "sine",
        "glu",
        "linear",
        "softsign",
    ]
    stages = []
    result = benchmark(
        [SIN], variants(*names), capacity=True, racing=True, steps=4, progress=lambda seen: stages.append(seen.stage)
    )
    assert set(stages) == {"screening", "ranking"}
    assert [row.stage for row in result.targets[0].ranking] == ["ranking"] * 12 + ["screening"]


def test_the_effort_of_each_preset():
    for preset in PRESETS.values():
        effort = capacity_effort(preset)
        assert effort.steps == preset.iterations and effort.seeds == preset.seeds
        assert effort.tuning_seeds == 0 and effort.starts >= 2


# Rounding


def test_errors_that_are_rounding_are_equal():
    line = formula_target("2*x - 1", points=20)
    result = benchmark([line], variants("linear", "relu", "leaky_relu"), capacity=True, seeds=9, steps=60)
    assert [row.rank for row in result.targets[0].ranking] == [1, 1, 1]
    assert all(row.tied and row.rmse < 1e-13 for row in result.targets[0].ranking)
    row = result.targets[0].ranking[0]
    assert row.interval[0] <= row.nrmse <= row.interval[1]
    (outcome,) = train_chunk([result.targets[0].outcomes["relu"][0].run])
    assert outcome.test.relative < 1e-14
    assert Entry("ranking", (outcome,), False).errors == [1e-13]
    larger = replace(outcome, test=replace(outcome.test, relative=2e-13))
    assert Entry("ranking", (larger,), False).errors == [2e-13]


# Best-known values


def outcomes_of(recipe=None, name="tanh", target=SIN, seeds=3, steps=30):
    recipe = recipe or Recipe(optimizer="lm", starts=2)
    run = Run(target, REGISTRY.variant(name), (4,), 1.0, 1.0, 0, steps, precision="float64", recipe=recipe)
    return train_chunk([replace(run, seed=seed) for seed in range(seeds)])


def best(outcomes):
    known = BestKnown()
    known.add(outcomes)
    return known.floor(outcomes[0].run)


def test_the_best_known_value_is_the_smallest_error_of_all_and_says_how_it_was_sought():
    strong = outcomes_of()
    weak = outcomes_of(Recipe(optimizer="sgd"), seeds=1)
    floor = best([*weak, *strong])
    least = min(strong, key=lambda outcome: outcome.test.rmse).test
    assert (floor.value, floor.relative, floor.kind) == (least.rmse, least.relative, "best known")
    assert floor.how == "LM, 6 starts; SGD, 1 start"
    assert best(weak).value > floor.value


def test_where_there_is_no_best_known_value(tmp_path):
    strong = outcomes_of(seeds=1)
    assert BestKnown().floor(strong[0].run) is None
    failed = [replace(strong[0], test=replace(strong[0].test, rmse=math.inf))]
    assert best(failed) is None
    assert best([*failed, *strong]).value == strong[0].test.rmse
    others = outcomes_of(name="relu", seeds=1)
    assert best([*strong, *others]) == best(strong) != best(others)
    file = tmp_path / "rows.csv"
    file.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(30)))
    assert best(outcomes_of(target=csv_target(str(file)), seeds=1)) is None


@pytest.mark.parametrize("kept", [True, False])
def test_a_capacity_ranking_lowers_the_best_known_value_of_the_trained_ones(tmp_path, kept):
    file = tmp_path / "runs.sqlite3" if kept else None
    (alone,) = benchmark([SIN], variants("tanh"), store=file).targets[0].ranking
    assert alone.floor.how.startswith("Adam")
    benchmark([SIN], variants("tanh"), capacity=True, store=file)
    (again,) = benchmark([SIN], variants("tanh"), store=file).targets[0].ranking
    assert (again.floor.value < alone.floor.value) == kept
    assert ("LM, 6 starts" in again.floor.how) == kept
    assert again.nrmse == alone.nrmse


def test_rows_without_an_exact_floor_show_the_best_known_one():
    result = benchmark([SIN], variants("tanh", "relu"), capacity=True)
    rows = {row.activation: row for row in result.targets[0].ranking}
    assert rows["relu"].floor.kind == "exact"
    floor = rows["tanh"].floor
    least = min(outcome.test.rmse for outcome in result.targets[0].outcomes["tanh"])
    assert (floor.kind, floor.value, floor.how) == ("best known", least, "LM, 6 starts")
    assert rows["tanh"].distance == rows["tanh"].rmse / least >= 1
    (trained,) = benchmark([SIN], variants("tanh")).targets[0].ranking
    assert trained.floor.kind == "best known" and trained.floor.how.startswith("Adam, ")


def test_the_legend_and_the_table_say_that_it_is_no_bound():
    result = benchmark([SIN], variants("tanh"), capacity=True)
    text = results.legend(result)
    assert "Capacity, how well the networks can fit at all: Levenberg–Marquardt, best of 2 starts" in text
    assert "which is no bound" in text and "best lr" not in text
    row = result.targets[0].ranking[0]
    assert results.distance_text(row) == f"~{row.distance:.3g}"
    assert "best lr" in results.legend(benchmark([SIN], variants("tanh")))


# What it must find


def test_squares_reach_the_fourth_legendre_polynomial_with_two_layers_and_a_third_with_one():
    """It is orthogonal to all polynomials of degree 2 and 3 and has the mean square 1/9 on [-1, 1].

    On the test points the least error is 0.3340 and not 1/3: the grid of 2004 points gives the two ends, where the
    polynomial is 1, as much weight as any other point, and so twice what half an interval is worth.
    """
    expected = math.sqrt(np.mean(_rest_of_p4(np.linspace(-1, 1, 2004)) ** 2))
    middle = math.sqrt(np.mean(_rest_of_p4((np.arange(2004) + 0.5) / 1002 - 1) ** 2))
    assert expected == pytest.approx(0.3340, abs=5e-6) and middle == pytest.approx(1 / 3, abs=1e-5)
    one, two = (
        benchmark([P4], variants("square"), capacity=True, hidden=hidden).targets[0].ranking[0]
        for hidden in ((4,), (4, 4))
    )
    assert one.floor.value == pytest.approx(expected, rel=1e-9)
    # It is fitted to fewer points, whose ends weigh more.
    assert one.rmse == pytest.approx(expected, rel=5e-3) and one.rmse >= one.floor.value
    assert two.floor.value == 0 and two.rmse < 1e-12
    assert exact_floor(P4, REGISTRY.variant("square"), (4,)).value == one.floor.value


def _rest_of_p4(x):
    """What the best polynomial of degree 2 leaves of it."""
    y = (35 * x**4 - 30 * x**2 + 3) / 8
    basis = np.vander(x, 3)
    return y - basis @ np.linalg.lstsq(basis, y, rcond=None)[0]


def single_neuron():
    spec = importlib.util.spec_from_file_location("single_neuron", ROOT / "benchmarks/single_neuron.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_one_neuron_on_polynomials(capsys):
    """A reduced form of the study: sine on squares, sigmoid and tanh on cubics, and everything on the line."""
    study = single_neuron()
    capacity, trained = study.study(seeds=3, iterations=120, steps=20)
    line, square, shifted, cubic, other = (
        {row.activation: row for row in target.ranking} for target in capacity.targets
    )
    assert all(row.nrmse < 0.02 for row in line.values())
    for target in (square, shifted):
        others = [row.nrmse for label, row in target.items() if label != "sine"]
        assert target["sine"].nrmse < min(others) / 20
    for target in (cubic, other):
        others = min(target[label].nrmse for label in ("linear", "relu", "sine"))
        assert max(target[label].nrmse for label in ("sigmoid", "tanh")) < 0.85 * others
    assert all(sum(study.winners(target).values()) == 3 for target in trained.targets)
    study.show("by capacity", capacity)
    assert "x^2" in capsys.readouterr().out


def test_a_winner_that_changes_from_seed_to_seed_is_a_coin_toss():
    study = single_neuron()
    result = benchmark([SIN], variants("tanh", "relu"), capacity=True, seeds=9).targets[0]
    assert study.winners(result) == Counter({"tanh": 9})
    assert study.verdict(result, result) == "the best"
    swapped = {"tanh": result.outcomes["tanh"][:5] + result.outcomes["relu"][5:]}
    swapped["relu"] = result.outcomes["relu"][:5] + result.outcomes["tanh"][5:]
    mixed = replace(result, outcomes=swapped)
    assert study.winners(mixed) == Counter({"tanh": 5, "relu": 4})
    assert study.verdict(result, mixed) == "coin toss"
    wrong = replace(result, outcomes={"tanh": result.outcomes["relu"], "relu": result.outcomes["tanh"]})
    assert study.verdict(result, wrong).startswith("not the best, which is tanh")


def test_the_terminal_shows_no_rate_where_there_is_none(capsys):
    result = benchmark([SIN], variants("tanh"), capacity=True)
    results.show_result(Output(), result)
    shown = capsys.readouterr().out
    assert "scale" not in shown.split("Median")[0] and "~" in shown


def test_the_option_of_the_command_line():
    options = ["-a", "tanh", "--hidden", "3", "--seeds", "2", "--steps", "5", "-j", "1", "--capacity"]
    found = CliRunner().invoke(cli, ["bench", "sin", *options, "--json"])
    assert found.exit_code == 0
    assert json.loads(found.stdout)["settings"]["ranking"] == "capacity"
    refused = CliRunner().invoke(cli, ["bench", "sin", *options, "--optimizer", "sgd"])
    assert refused.exit_code == 2
    assert "capacity=True chooses the recipe itself" in refused.stderr
