import dataclasses
import json
import math
import multiprocessing
import signal
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from activations.benchmark import DEFAULT_ACTIVATIONS, PRESETS, benchmark, preset_named
from activations.benchmark.outcome import measure_errors
from activations.benchmark.plan import CHUNK, LARGE_CHUNK, Run, chunks
from activations.benchmark.presets import Preset
from activations.benchmark.protocol import SCREENING_SEEDS, STAGES, run_seeds
from activations.benchmark.statistics import median, median_interval, ranks, resamples
from activations.benchmark.tuning import tune, tune_briefly
from activations.benchmark.workers import Workers
from activations.declare import formula_activation
from activations.errors import DataError, DeviceError
from activations.fitting import function_target
from activations.fitting.recipe import DEFAULT_RECIPE, Recipe
from activations.fitting.samples import draw_samples
from activations.fitting.settings import SettingError
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.floors import exact_floor
from activations.registry import default_registry

REGISTRY = default_registry()
SIN = formula_target("sin(4*x)", points=25)


def variants(*names):
    return [REGISTRY.variant(name) for name in names]


@pytest.fixture(autouse=True)
def _small_presets(monkeypatch):
    """The same protocol with little work."""
    tiny = Preset("quick", (8,), steps=30, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0, 3.0))
    monkeypatch.setitem(PRESETS, "quick", tiny)


def small(targets, names, **settings):
    return benchmark(targets, [REGISTRY.variant(n) if isinstance(n, str) else n for n in names], **settings)


def comparable(result):
    """Everything but wall times."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key != "seconds"}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(result.to_dict())


# Statistics


def test_the_median_equals_numpy_and_bears_infinities():
    rng = np.random.default_rng(0)
    for size in (1, 2, 5, 8):
        values = rng.normal(size=size).tolist()
        assert median(values) == np.median(values)
    assert median([1, math.inf, math.inf, math.inf]) == math.inf
    assert median([1, 2, math.inf]) == 2


@pytest.mark.parametrize("size", [9, 12])
def test_the_interval_equals_the_percentile_bootstrap_of_scipy(size):
    values = np.random.default_rng(4).lognormal(size=size)
    samples = resamples(size, np.random.default_rng(1))
    low, high = median_interval(values.tolist(), samples)
    expected = stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=10_000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=0.06)
    assert low < np.median(values) < high


def test_the_interval_of_one_seed_does_not_exist_and_infinities_bring_no_nan():
    assert median_interval([1.0], resamples(1, np.random.default_rng(0))) is None
    samples = resamples(5, np.random.default_rng(0))
    assert median_interval([math.inf] * 5, samples) == (math.inf, math.inf)
    low, high = median_interval([1.0, 2.0, 3.0, 4.0, math.inf], samples)
    assert (low, high) == (1.0, math.inf)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    samples = resamples(15, rng, draws=1000)
    hits = 0
    for _ in range(300):
        low, high = median_interval(rng.normal(size=15).tolist(), samples)
        hits += low <= 0 <= high
    assert 0.9 <= hits / 300 <= 0.99


@pytest.mark.torture(22)
def test_equal_errors_share_a_rank_and_stand_in_order_of_their_names():
    errors = {"d": math.inf, "b": 1.0, "c": math.inf, "a": 1.0, "e": 0.5}
    assert ranks(errors) == [("e", 1), ("a", 2), ("b", 2), ("c", 4), ("d", 4)]
    assert ranks(dict(reversed(errors.items()))) == ranks(errors)


# Plan


@pytest.mark.torture(14, 81)
def test_the_key_of_a_run_depends_on_everything_that_its_result_does():
    run = Run(SIN, REGISTRY.variant("relu"), (8,), 0.01, 1.0, 3, 20)
    changes = [
        {"target": formula_target("sin(5*x)", points=25)},
        {"variant": REGISTRY.variant("leaky_relu")},
        {"variant": REGISTRY.variant("leaky_relu:negative_slope=0.2")},
        {"hidden": (8, 8)},
        {"learning_rate": 0.02},
        {"scale": 3.0},
        {"seed": 4},
        {"steps": 21},
        {"initialisation": "torch"},
        {"precision": "float64"},
    ]
    keys = [run.key] + [dataclasses.replace(run, **change).key for change in changes]
    assert len(set(keys)) == len(keys)
    assert dataclasses.replace(run, target=formula_target("sin(4 * x)", points=25)).key == run.key


def test_chunks_hold_runs_of_one_graph_in_order():
    runs = [
        Run(SIN, REGISTRY.variant(name), (8,), 0.01, 1.0, seed, 20)
        for seed in range(LARGE_CHUNK + 3)
        for name in ("relu", "tanh")
    ]
    parts = chunks(runs)
    assert [len(part) for part in parts] == [LARGE_CHUNK, 3, LARGE_CHUNK, 3]
    large = [dataclasses.replace(run, hidden=(2000,)) for run in runs[: CHUNK + 2]]
    assert [len(part) for part in chunks(large)] == [CHUNK // 2 + 1] * 2
    assert all(len({run.variant.label for run in part}) == 1 for part in parts)
    assert sorted(run.key for part in parts for run in part) == sorted(run.key for run in runs)


def test_seeds_for_different_stages_never_coincide():
    used = [seed for s in range(20) for stage in STAGES for seed in run_seeds(s, 1000, stage)]
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("hidden", [(32,), (7, 5)], ids=str)
@pytest.mark.parametrize(
    "recipe",
    [DEFAULT_RECIPE, Recipe("momentum", batch_size=7), Recipe("lm", starts=2), Recipe("lbfgs", starts=2)],
    ids=lambda recipe: recipe.optimizer,
)
@pytest.mark.parametrize("name", ["relu", "tanh", "gelu", "sine", "glu", "prelu", "smish"])
def test_the_result_of_a_run_does_not_depend_on_what_shares_its_batch(name, recipe, hidden):
    precision = "float64" if recipe.optimizer in ("lm", "lbfgs") else "float32"
    variant = REGISTRY.variant(name)
    runs = [Run(SIN, variant, hidden, 0.01 * (1 + i), 1.0, i, 12, "moments", precision, recipe) for i in range(CHUNK)]
    with Workers(1, "cpu") as workers:
        together = {outcome.run.key: outcome for part in workers.train(runs) for outcome in part}
        for shared in ([runs[4]], runs[3:6], runs[2:9], runs[::-1]):
            for outcome in (outcome for part in workers.train(shared) for outcome in part):
                other = together[outcome.run.key]
                np.testing.assert_array_equal(outcome.parameters, other.parameters)
                assert (outcome.test, outcome.validation) == (other.test, other.validation)


# Tuning


class Rates:
    """Stands for training: the validation error is a function of the rate, scale and seed."""

    def __init__(self, error):
        self.error = error
        self.asked = []

    def __call__(self, runs):
        self.asked.append(runs)
        return {run.key: Validated(self.error(run)) for run in runs}


@dataclasses.dataclass
class Validated:
    validation: float


def tuned(error, **changes):
    preset = dataclasses.replace(PRESETS["quick"], **changes)
    train = Rates(error)
    prototype = Run(SIN, REGISTRY.variant("relu"), (8,), 0.0, 1.0, 0, 20)
    (choice,) = tune([prototype], preset, [10, 11, 12], train)
    return choice, train


def log_distance(rate, run):
    return abs(math.log10(run.learning_rate / rate))


def test_the_grid_is_tried_on_the_first_seed_and_the_finalists_on_the_others():
    choice, train = tuned(lambda run: log_distance(1e-2, run) + run.scale)
    assert choice.run.learning_rate == pytest.approx(1e-2)
    assert (choice.run.scale, choice.at_edge) == (1.0, False)
    opening, extension, final, late = train.asked
    assert late == []
    assert sorted({run.learning_rate for run in opening}) == pytest.approx([10 ** (k / 2) for k in range(-8, -1)])
    assert ({run.seed for run in opening}, len(opening), extension) == ({10}, 14, [])
    assert ({run.seed for run in final}, len(final)) == ({11, 12}, 4)


def test_without_finalists_every_setting_gets_every_seed():
    choice, train = tuned(lambda run: log_distance(1e-2, run), finalists=None)
    assert choice.run.learning_rate == pytest.approx(1e-2)
    assert [len(runs) for runs in train.asked] == [42, 0]


@pytest.mark.parametrize(
    ("best", "tried", "edge"),
    [(1e-5, 1e-5, True), (3e-5, 10**-4.5, False), (0.3, 10**-0.5, False), (1, 1, True), (9, 1, True)],
)
def test_a_best_rate_at_an_end_extends_the_grid_by_two_steps_and_is_flagged_if_still_there(best, tried, edge):
    choice, _ = tuned(lambda run: log_distance(best, run))
    assert choice.run.learning_rate == pytest.approx(tried)
    assert choice.at_edge is edge


def test_a_rate_that_only_the_finalists_move_to_an_end_extends_the_grid_too():
    def error(run):
        best = 1e-3 if run.seed == 10 else 1.0
        return log_distance(best, run)

    choice, train = tuned(error, finalists=21)
    assert choice.run.learning_rate == pytest.approx(1.0)
    assert {run.seed for run in train.asked[3]} == {10, 11, 12}
    assert {round(math.log10(run.learning_rate), 1) for run in train.asked[3]} == {-0.5, 0.0}


def test_the_median_over_seeds_chooses_and_not_the_first_one():
    def error(run):
        lucky = 0.05 < run.learning_rate < 0.2 and run.seed == 10
        return 0.0 if lucky else log_distance(1e-2, run) + 0.1

    choice, _ = tuned(error, finalists=4)
    assert choice.run.learning_rate == pytest.approx(1e-2)


@pytest.mark.torture(21)
def test_tuning_survives_when_everything_diverges():
    choice, train = tuned(lambda run: math.inf)
    assert choice.run.learning_rate <= 1e-4
    assert min(run.learning_rate for run in train.asked[1]) == pytest.approx(1e-5)


# The whole protocol


def test_the_result_is_strict_json_of_the_documented_form():
    seen = []
    result = small([SIN, resolve_target("spiral")], ["relu", "glu", "prelu"], progress=seen.append)
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert [target["target"] for target in data["targets"]] == ["sin(4*x)", "spiral"]
    assert data["device"] in ("cpu", "cuda")
    assert set(data["versions"]) == {"activations", "torch"}
    assert (data["version"], data["settings"]["steps"], data["settings"]["hidden"]) == (1, 30, [8])
    for target in data["targets"]:
        assert sorted(row["activation"] for row in target["ranking"]) == ["glu", "prelu", "relu"]
        assert [row["rank"] for row in target["ranking"]] == [1, 2, 3]
        errors = [row["nrmse"] for row in target["ranking"]]
        assert errors == sorted(errors)
        for row in target["ranking"]:
            low, high = row["interval"]
            assert low <= row["nrmse"] <= high
            assert row["r2"] == pytest.approx(1 - row["nrmse"] ** 2, abs=1e-6)
            assert (row["seeds"], 0 <= row["failed"] <= 1, row["seconds"] > 0) == (3, True, True)
    parameters = {row["activation"]: row["parameters"] for row in data["targets"][0]["ranking"]}
    assert parameters == {"relu": 25, "prelu": 26, "glu": 41}
    accuracies = [[row["accuracy"] for row in target["ranking"]] for target in data["targets"]]
    assert accuracies[0] == [None] * 3
    assert all(0 <= accuracy <= 1 for accuracy in accuracies[1])
    assert {step.stage for step in seen} == {"tuning", "ranking"}
    last = [step for step in seen if step.stage == "ranking"][-1]
    assert last.done == last.total == 18


@pytest.mark.torture(22)
def test_the_same_activation_under_two_labels_ties():
    tanh = REGISTRY["tanh"]
    twin = dataclasses.replace(tanh, name="another_tanh")
    result = small([SIN], ["relu", tanh.variant(), twin.variant(), "sine"])
    rows = {row.activation: row for row in result.targets[0].ranking}
    one, other = rows["tanh"], rows["another_tanh"]
    assert one.rank == other.rank
    assert (one.nrmse, one.interval, one.learning_rate) == (other.nrmse, other.interval, other.learning_rate)
    labels = [row.activation for row in result.targets[0].ranking]
    assert labels.index("another_tanh") + 1 == labels.index("tanh")


def test_the_result_is_the_same_again_in_another_order_and_among_others():
    first = comparable(small([SIN], ["relu", "tanh"]))
    assert comparable(small([SIN], ["relu", "tanh"])) == first
    assert comparable(small([SIN], ["tanh", "relu", "tanh"])) == first
    wider = comparable(small([resolve_target("x2"), SIN], ["sine", "tanh", "relu"]))
    among = dict.fromkeys(["rank", "rank_text", "tied", "best_probability", "p_value"])  # these depend on the others
    rows = {row["activation"]: {**row, **among} for row in wider["targets"][1]["ranking"]}
    for row in first["targets"][0]["ranking"]:
        assert rows[row["activation"]] == {**row, **among}
    assert comparable(small([SIN], ["relu", "tanh"], seed=1)) != first


def test_the_result_does_not_depend_on_the_number_of_jobs():
    before = {child.pid for child in multiprocessing.active_children()}
    assert comparable(small([SIN], ["relu", "glu"], jobs=2)) == comparable(small([SIN], ["relu", "glu"]))
    assert {child.pid for child in multiprocessing.active_children()} <= before


@pytest.mark.torture(72)
def test_an_interrupt_ends_the_processes():
    children = []

    def interrupt(progress):
        children.extend(multiprocessing.active_children())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small([SIN], ["relu", "tanh", "glu", "mish"], jobs=2, steps=300, progress=interrupt)
    # They were ended by the signal and did not come to the end of their work.
    assert [child.exitcode for child in children] == [-signal.SIGTERM] * 2


@pytest.mark.torture(19)
def test_diverged_runs_are_worst_and_counted():
    # Squares of squares of squares overflow float32 at any useful rate and scale.
    wild = formula_activation("exp(exp(exp(x)))", "wild").variant()
    result = small([SIN], [wild, "relu"])
    best, worst = result.targets[0].ranking
    assert (best.activation, best.rank, best.failed < 1) == ("relu", 1, True)
    assert (worst.activation, worst.rank, worst.failed, worst.diverged) == ("wild", 2, 1.0, 1.0)
    assert worst.nrmse == math.inf
    row = result.to_dict()["targets"][0]["ranking"][1]
    assert (row["nrmse"], row["interval"]) == (None, [None, None])
    assert [fit.label for fit in result.targets[0].fits] == ["relu"]


@pytest.mark.torture(21)
def test_when_all_diverge_the_table_says_so():
    wild = [formula_activation("exp(exp(exp(x)))", name).variant() for name in ("wild", "wilder")]
    result = small([SIN], wild)
    json.dumps(result.to_dict(), allow_nan=False)
    assert [(row.rank, row.failed) for row in result.targets[0].ranking] == [(1, 1.0), (1, 1.0)]
    assert result.targets[0].fits == ()


def test_errors_stand_beside_their_floors_and_other_ways_to_fit():
    result = small([SIN], ["relu", "linear", "tanh"])
    rows = {row.activation: row for row in result.targets[0].ranking}
    floor = exact_floor(SIN, REGISTRY.variant("relu"), tuple(result.settings["hidden"]))
    assert rows["relu"].floor == floor
    assert rows["relu"].distance == rows["relu"].rmse / floor.value >= 1
    assert rows["linear"].distance == pytest.approx(1, abs=0.5)
    assert (rows["relu"].floor.kind, rows["tanh"].floor.kind) == ("exact", "best known")
    assert rows["tanh"].distance == rows["tanh"].rmse / rows["tanh"].floor.value >= 1
    data = result.to_dict()["targets"][0]
    assert json.loads(json.dumps(data, allow_nan=False))["ranking"][0].keys() >= {
        "floor",
        "distance",
        "p_value",
        "tied",
    }
    assert [row["name"] for row in data["references"]][:2] == ["affine", "polynomial"]


def test_the_table_is_flat_and_becomes_a_data_frame():
    result = small([resolve_target("sin"), resolve_target("x2")], ["relu", "tanh"])
    frame = result.to_pandas()
    assert len(frame) == len(result.table) == 4
    assert list(frame["target"]) == ["sin", "sin", "x2", "x2"]
    row = result.targets[0].ranking[0]
    assert frame["nrmse"][0] == row.nrmse
    assert (frame["interval_low"][0], frame["interval_high"][0]) == row.interval
    assert set(frame["floor_kind"]) == {"exact", "best known"}
    assert all(value is None or isinstance(value, int | float | str) for row in result.table for value in row.values())


def test_several_targets_are_ranked_together():
    targets = [SIN, resolve_target("x2"), formula_target("0*x + 3")]
    result = small(targets, ["relu", "tanh", "linear"])
    overall = result.overall
    assert overall.targets == (SIN.name, "x2")  # a constant target has no NRMSE
    assert {place.label for place in overall.places} == {"relu", "tanh", "linear"}
    assert overall.places[-1].label == "linear"
    assert [place.mean_rank for place in overall.places] == sorted(place.mean_rank for place in overall.places)
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["overall"]["targets"] == [SIN.name, "x2"]
    assert small([SIN], ["relu", "tanh"]).overall is None


def test_few_seeds_say_that_they_tell_nothing():
    target = small([SIN], ["relu", "tanh", "sine"]).targets[0]
    assert "no significance possible" in target.note
    assert {row.rank_text for row in target.ranking} == {"1–3"}
    assert all(row.tied for row in target.ranking)


def test_a_layer_with_another_activation_has_no_exact_floor():
    result = small([SIN], ["relu"], hidden=(4,), own=(REGISTRY.variant("tanh"),))
    assert result.targets[0].ranking[0].floor.kind == "best known"


@pytest.mark.torture(12)
def test_a_constant_target_is_ranked_by_its_rmse():
    result = small([formula_target("3", points=20), formula_target("0*x", points=20)], ["relu", "tanh"])
    for target in result.targets:
        assert target.metric == "rmse"
        for row in target.ranking:
            assert (row.nrmse, row.r2) == (None, None)
            assert row.interval[0] <= row.rmse <= row.interval[1]
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.torture(13)
@pytest.mark.parametrize("factor", ["1e30", "1e-30"])
def test_large_and_small_values_are_scaled_inside_and_reported_in_their_units(factor):
    plain = small([formula_target("sin(4*x)", points=25)], ["tanh"]).targets[0].ranking[0]
    scaled = small([formula_target(f"{factor}*sin(4*x)", points=25)], ["tanh"]).targets[0].ranking[0]
    # float32 training amplifies differences of a rounding error.
    assert scaled.nrmse == pytest.approx(plain.nrmse, rel=1e-2)
    assert scaled.rmse == pytest.approx(plain.rmse * float(factor), rel=1e-2)


@pytest.mark.torture(23)
def test_one_seed_gives_no_interval():
    row = small([SIN], ["relu"], seeds=1).targets[0].ranking[0]
    assert (row.seeds, row.interval) == (1, None)


def test_a_useless_fit_is_failed_but_keeps_its_error():
    row = small([formula_target("sin(20*x)", points=60)], ["linear"]).targets[0].ranking[0]
    assert (row.failed, row.diverged) == (1.0, 0.0)
    assert 0.9 < row.nrmse < 1.1


def test_errors_are_those_of_the_kept_network():
    result = small([SIN], ["tanh"])
    (fit,), (row,) = result.targets[0].fits, result.targets[0].ranking
    test = draw_samples(SIN, fit.run.seed).test
    residual = fit.predict(test.x) - test.y
    rmse = math.sqrt(np.mean(residual**2))
    # The kept network is that of the median seed, of three.
    assert rmse == pytest.approx(row.rmse, rel=1e-5)
    assert rmse / test.y.std() == pytest.approx(row.nrmse, rel=1e-5)
    assert np.array_equal(fit.samples.test.x, test.x)


def test_several_outputs_are_judged_by_the_mean_of_their_relative_squares():
    # The second output is a million times the first: it must not count more.
    target = formula_target("t -> (sin(2*t), 1e6*cos(2*t))", (0, 3), points=40)
    result = small([target], ["tanh"], steps=200)
    (fit,), (row,) = result.targets[0].fits, result.targets[0].ranking
    test = draw_samples(target, fit.run.seed).test
    residual = fit.predict(test.x) - test.y
    assert residual.shape == (2004, 2)
    relative = math.sqrt(np.mean(np.mean(residual**2, axis=0) / np.var(test.y, axis=0)))
    assert relative == pytest.approx(row.nrmse, rel=1e-5)
    assert row.nrmse < 0.9
    assert math.sqrt(np.mean(residual**2)) == pytest.approx(row.rmse, rel=1e-5)
    assert row.max_error >= row.rmse
    assert row.parameters == 8 * 2 + 8 * 2 + 2


def test_errors_of_several_outputs_by_hand():
    samples = draw_samples(formula_target("t -> (t, 1000*t)"), 0)
    shift = np.array([0.5, 0.0]) / samples.scaling.unit
    outputs = samples.scaling.value_to_network(samples.test.y) + shift
    errors = measure_errors(samples, samples.test, outputs)
    # An error of 0.5 in the first of two outputs, whose standard deviation is that of [-1, 1].
    deviation = samples.test.y[:, 0].std()
    assert errors.relative == pytest.approx(0.5 / deviation / math.sqrt(2))
    assert errors.r2 == pytest.approx(1 - errors.relative**2)
    assert (errors.rmse, errors.largest) == pytest.approx((0.5 / math.sqrt(2), 0.5))


def test_constant_shares_of_uneven_classes_have_the_error_1(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("x,y\n" + "".join(f"{i},{'ab'[i % 5 == 0]}\n" for i in range(100)))
    samples = draw_samples(csv_target(str(path)), 0)
    shares = np.log(np.bincount(samples.test.y) / len(samples.test))
    errors = measure_errors(samples, samples.test, np.tile(shares, (len(samples.test), 1)))
    assert (errors.relative, errors.accuracy) == pytest.approx((1, 0.8))


def test_extrapolation_is_reported_and_never_ranks():
    target = resolve_target("x2")
    row = small([target], ["linear"]).targets[0].ranking[0]
    samples = draw_samples(target, 0)
    outside = samples.extrapolation
    assert outside is not None
    # The best line is constant; far outside it is wrong by several standard deviations.
    expected = math.sqrt(np.mean((outside.y - samples.training.y.mean()) ** 2)) / samples.test.y.std()
    assert row.extrapolation == pytest.approx(expected, rel=0.2)
    assert row.nrmse == pytest.approx(1, abs=0.2)
    assert small([SIN], ["linear"]).targets[0].ranking[0].extrapolation is None


def test_a_function_that_cannot_be_sent_is_refused_before_any_process_starts():
    before = multiprocessing.active_children()
    target = function_target(lambda x: np.sin(3 * x), (-1, 1), points=20)
    with pytest.raises(SettingError, match=r"function of function can't be sent.*jobs=1"):
        small([target], ["tanh"], jobs=2)
    assert multiprocessing.active_children() == before
    assert small([target], ["tanh"]).targets[0].ranking[0].nrmse < 2


def test_classes_of_a_table_are_ranked_with_their_names(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("x,y\n" + "".join(f"{i},{'low' if i < 30 else 'high'}\n" for i in range(60)))
    data = small([csv_target(str(path))], ["tanh"], steps=200).to_dict()["targets"][0]
    assert (data["task"], data["classes"], data["class_names"]) == ("classification", 2, ["high", "low"])
    assert data["ranking"][0]["accuracy"] > 0.8


def test_a_table_is_ranked_too(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{i % 7},{math.sin(i / 5) + i % 7}\n" for i in range(60)))
    target = csv_target(str(path))
    result = small([target], ["relu", "tanh"], steps=100)
    assert result.targets[0].ranking[0].nrmse < 0.5
    assert result.to_dict()["targets"][0]["formula"] is None


def test_float64_and_the_torch_initialisation_are_modes():
    result = small([SIN], ["tanh"], precision="float64", initialisation="torch")
    assert result.targets[0].fits[0].parameters.dtype == np.float64
    assert result.settings["initialisation"] == "torch"
    assert result.targets[0].ranking[0].nrmse != small([SIN], ["tanh"]).targets[0].ranking[0].nrmse


@pytest.mark.torture(16, 17, 18, 28)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "fast"}, "preset='fast' is unknown; write one of quick, standard"),
        ({"steps": 0}, "steps=0 must be a whole number from 1"),
        ({"steps": 1.5}, "steps=1.5"),
        ({"seeds": -1}, "seeds=-1"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 2**63}, "seed="),
        ({"jobs": 0}, "jobs=0"),
        ({"hidden": (0,)}, "width=0"),
        ({"hidden": (100_000, 100_000)}, "takes about .* GiB; the limit is 4 GiB"),
        ({"initialisation": "zeros"}, "initialisation='zeros'"),
        ({"precision": "float16"}, "precision='float16'"),
    ],
)
def test_settings_out_of_range_are_refused_before_anything_runs(settings, message):
    with pytest.raises(SettingError, match=message):
        small([SIN], ["relu"], **settings)


@pytest.mark.torture(11, 40)
def test_nothing_to_rank_and_a_bad_target_and_device_are_refused():
    with pytest.raises(SettingError, match="nothing to rank"):
        benchmark([], variants("relu"))
    with pytest.raises(SettingError, match="nothing to rank"):
        benchmark([SIN], [])
    with pytest.raises(DataError, match=r"not finite at x=0 \(first of 1\)"):
        small([SIN, formula_target("1/x")], ["relu"])
    with pytest.raises(DeviceError):
        small([SIN], ["relu"], device="cuda:99")


def test_the_default_activations_are_registered():
    assert len(REGISTRY.match(DEFAULT_ACTIVATIONS)) == len(DEFAULT_ACTIVATIONS) == 12
    assert preset_named("standard").steps > PRESETS["quick"].steps


def test_names_and_presets_load_nothing_heavy():
    code = (
        "import sys, activations.benchmark, activations.fitting; activations.fitting.resolve_target('sin');"
        "print(sorted({'torch', 'numpy', 'scipy', 'sympy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_can_be_called_by_its_functions_name() -> None:
    import activations
    import activations.benchmark

    target = activations.resolve_target("x^2")
    result = activations.benchmark([target], [default_registry().variant("linear")], steps=1, seeds=2)  # type: ignore
    assert isinstance(result, activations.Result)


# Races


@pytest.mark.parametrize("best", [10**-2.5, 10**-1.5, 1e-1, 10**-0.5])
def test_brief_tuning_finds_a_rate_with_a_small_part_of_the_work(best):
    train = Rates(lambda run: 1 + log_distance(best, run) + abs(math.log10(run.scale / 3)))
    prototype = Run(SIN, REGISTRY.variant("relu"), (8,), 0.0, 1.0, 0, 600)
    (choice,) = tune_briefly([prototype], PRESETS["quick"], 7, train)
    assert (choice.run.learning_rate, choice.run.scale) == (pytest.approx(best), 3.0)
    assert choice.run.steps == 600
    assert choice.at_edge == (best in (10**-2.5, 10**-0.5))
    (tried,) = train.asked
    assert {(run.seed, run.steps) for run in tried} == {(7, 200)}
    assert sum(run.steps for run in tried) <= 600 * 14 * 3 / 8


def test_a_race_gives_its_finalists_the_errors_that_they_have_without_one():
    names = list(REGISTRY)[:14]
    raced = small([SIN], names, racing=True)
    whole = {row.activation: row.nrmse for row in small([SIN], names, racing=False).targets[0].ranking}
    rows = raced.targets[0].ranking
    assert [row.stage for row in rows] == ["ranking"] * 12 + ["screening"] * 2
    assert {row.activation: row.nrmse for row in rows[:12]} == {
        row.activation: whole[row.activation] for row in rows[:12]
    }
    assert [row.rank for row in rows[12:]] == [13, 14]
    assert all(row.interval is None and row.p_value is None and not row.tied for row in rows[12:])
    assert all(row.seeds == SCREENING_SEEDS for row in rows[12:])
