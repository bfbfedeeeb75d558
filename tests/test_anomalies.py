"""Rows that a fitted curve does not explain: rates that hold, planted anomalies that are found, and a real series."""

from __future__ import annotations

import csv
import importlib.util
import io
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from activations.errors import DataError
from activations.fitting.recipe import Recipe
from activations.fitting.settings import SettingError
from activations.fitting.table import Table, read_traced
from activations.networks.anomalies import Anomalies, find_anomalies
from activations.networks.folds import divisions, train_folds
from activations.networks.scores import (
    benjamini_hochberg,
    conformal_p_values,
    conformal_width,
    needed_rows,
    robust_p_values,
    robust_scale,
)
from activations.networks.settings import FitSettings
from activations.registry import default_registry
from activations.render.anomalies import draw_anomalies
from activations.render.anomaly_rows import anomalies_csv
from activations.render.style import figure_bytes

QUICK = FitSettings(hidden=(12,), steps=300, learning_rate=0.03, recipe=Recipe(loss="huber"))


def made(rows: int, seed: int, planted: int = 0, size: float = 1.0, noise: float = 0.05) -> tuple[Table, set[int]]:
    """Rows of a sine with noise, and those of them that were moved away by `size`."""
    random = np.random.default_rng(seed)
    x = np.sort(random.uniform(-1, 1, rows))
    y = np.sin(3 * x) + noise * random.standard_normal(rows)
    moved = random.choice(rows, planted, replace=False)
    y[moved] += size * random.choice([-1.0, 1.0], planted)
    table = Table("made.csv", ("x",), "y", tuple((value,) for value in x.tolist()), tuple(y.tolist()))
    return table, set(moved.tolist())


def binomial_bounds(trials: int, rate: float, tail: float = 1e-6) -> tuple[int, int]:
    """The numbers of successes outside which a binomial count lies with a probability of twice `tail` at most."""
    log = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(rate)
        + (trials - k) * math.log1p(-rate)
        for k in range(trials + 1)
    ]
    below = np.cumsum(np.exp(log))
    return int(np.searchsorted(below, tail)), int(np.searchsorted(below, 1 - tail))


@pytest.mark.parametrize("draw", ["normal", "cauchy", "exponential"])
@pytest.mark.parametrize(("held_out", "alpha"), [(99, 0.01), (19, 0.05), (40, 0.1)])
def test_conformal_p_values_keep_the_rate_for_any_distribution(draw: str, held_out: int, alpha: float) -> None:
    random = np.random.default_rng([held_out, len(draw)])
    trials = 4000
    numbers = {
        "normal": random.standard_normal,
        "cauchy": random.standard_cauchy,
        "exponential": random.standard_exponential,
    }[draw]((trials, held_out + 1))
    p_values = np.array([conformal_p_values(np.abs(row[1:]), np.abs(row[:1]))[0] for row in numbers])
    exact = math.floor(alpha * (held_out + 1) + 1e-9) / (held_out + 1)
    low, high = binomial_bounds(trials, exact)
    assert low <= int((p_values <= alpha + 1e-12).sum()) <= high
    assert p_values.min() >= 1 / (held_out + 1) - 1e-15


def test_without_the_row_itself_the_rate_would_not_hold() -> None:
    random = np.random.default_rng(0)
    numbers = np.abs(random.standard_normal((4000, 20)))
    naive = np.array([(row[1:] >= row[0]).sum() / 19 for row in numbers])
    low, high = binomial_bounds(4000, 0.1)
    assert int((naive <= 0.11).sum()) > high, "without the 1 + three ranks of twenty are marked, and not two"
    right = int((np.array([conformal_p_values(row[1:], row[:1])[0] for row in numbers]) <= 0.11).sum())
    assert low <= right <= high


def test_p_values_and_widths_tell_the_same() -> None:
    random = np.random.default_rng(1)
    for held_out, alpha in ((99, 0.01), (100, 0.07), (100, 0.29), (19, 0.05), (30, 0.1)):
        calibration, scores = np.abs(random.standard_normal(held_out)), np.abs(random.standard_normal(500))
        calibration[:3] = scores[:3]  # ties
        p_values = conformal_p_values(calibration, scores)
        expected = [(1 + sum(c >= s for c in calibration)) / (held_out + 1) for s in scores]
        np.testing.assert_allclose(p_values, expected, rtol=1e-15)
        marked = p_values <= alpha * (1 + 1e-9)
        np.testing.assert_array_equal(marked, scores > conformal_width(calibration, alpha))


@pytest.mark.parametrize(
    ("alpha", "rows"), [(0.01, 99), (0.05, 19), (0.1, 9), (0.5, 1), (0.3, 3), (1 / 7, 6), (0.9, 1)]
)
def test_the_rows_that_a_rate_takes(alpha: float, rows: int) -> None:
    assert needed_rows(alpha) == rows
    assert 1 / (rows + 1) <= alpha + 1e-12
    assert rows == 1 or 1 / rows > alpha


def test_robust_scores_of_normal_numbers() -> None:
    random = np.random.default_rng(2)
    residuals = 3 + 2 * random.standard_normal(20_000)
    of = robust_scale(residuals)
    assert of.center == pytest.approx(3, abs=0.06)
    assert of.scale == pytest.approx(2, abs=0.06)
    scores, p_values = robust_p_values(residuals, of)
    low, high = binomial_bounds(20_000, 0.01)
    assert low * 0.95 <= (p_values <= 0.01).sum() <= high * 1.05
    np.testing.assert_array_equal(p_values <= 0.01, scores >= NormalDist().inv_cdf(0.995))
    # A tenth of wild numbers moves it little, and a standard deviation much.
    residuals[:2000] = 1000
    assert robust_scale(residuals).scale == pytest.approx(2, rel=0.2)
    assert residuals.std() > 100


def test_residuals_that_are_mostly_equal() -> None:
    most = np.array([0.0] * 8 + [1.0, -3.0])
    of = robust_scale(most)
    assert of.scale == pytest.approx(0.4 * math.sqrt(math.pi / 2))
    scores, p_values = robust_p_values(most, of)
    assert scores[0] == 0
    assert p_values[0] == 1
    scores, p_values = robust_p_values(np.array([0.0, 1.0]), robust_scale(np.zeros(5)))
    assert scores.tolist() == [0.0, math.inf]
    assert p_values.tolist() == [1.0, 0.0]


def test_benjamini_hochberg_is_the_step_up_rule() -> None:
    p_values = np.array([0.01, 0.04, 0.03, 0.005, 0.8])
    assert benjamini_hochberg(p_values, 0.05).tolist() == [True, True, True, True, False]
    assert benjamini_hochberg(p_values, 0.025).tolist() == [True, False, False, True, False]
    assert benjamini_hochberg(np.array([0.02, 0.03, 0.9]), 0.05).tolist() == [True, True, False]
    assert not benjamini_hochberg(np.array([0.04, 0.5, 0.9]), 0.05).any()
    random = np.random.default_rng(3)
    shares = []
    for _ in range(400):
        p = np.concatenate([random.uniform(size=90), random.uniform(size=10) * 1e-4])
        marked = benjamini_hochberg(p, 0.2)
        assert marked[90:].all()
        shares.append(marked[:90].sum() / max(1, marked.sum()))
    assert 0.15 < float(np.mean(shares)) < 0.205, "on average the rate times the share of true nulls, 0.18"


def test_rows_are_divided_so_that_none_is_judged_by_what_has_seen_it() -> None:
    for rows, folds, held_out in ((100, 5, 0.5), (11, 3, 0.0), (23, 4, 0.5), (10, 10, 0.0)):
        parts = divisions(rows, folds, 7, held_out)
        assert sorted(np.concatenate([part.judged for part in parts]).tolist()) == list(range(rows))
        assert len({len(part.training) for part in parts}) == 1
        for part in parts:
            groups = [set(group.tolist()) for group in (part.training, part.calibration, part.judged)]
            assert not groups[0] & groups[1]
            assert not groups[0] & groups[2]
            assert not groups[1] & groups[2]
            assert bool(groups[1]) == bool(held_out)
    first, again, other = (divisions(50, 5, seed)[0].judged.tolist() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("method", ["mad", "conformal"])
def test_false_alarms_stay_within_binomial_bounds_over_seeds(method: str) -> None:
    alpha, rows, seeds = 0.05, 200, 12
    counts = [
        find_anomalies(made(rows, seed)[0], method=method, alpha=alpha, settings=QUICK).count  # type: ignore[arg-type]
        for seed in range(seeds)
    ]
    low, high = binomial_bounds(rows * seeds, alpha, 1e-5)
    # Estimated from so few rows the robust scale marks up to a sixth more.
    assert low * 0.8 <= sum(counts) <= high * (1.15 if method == "mad" else 1.0), counts


def test_judged_by_the_rows_that_trained_it_a_network_calls_too_many() -> None:
    """The negative control: residuals of the training rows are too small to calibrate with."""
    variant = default_registry().variant("tanh")
    settings = FitSettings(hidden=(64,), steps=1500, learning_rate=0.03)
    marked = {"training": 0, "held out": 0}
    trials = 0
    for seed in range(6):
        table, _ = made(90, seed, noise=0.3)
        x, y = np.array(table.x), np.array(table.y)
        parts = divisions(90, 3, seed, 0.5)
        networks = train_folds(x, y, [part.training for part in parts], variant, settings)
        for number, part in enumerate(parts):
            sizes = {
                name: np.abs(y[rows] - networks.predict(number, x[rows]))
                for name, rows in (("training", part.training), ("held out", part.calibration), ("judged", part.judged))
            }
            trials += len(part.judged)
            for name in marked:
                marked[name] += int((conformal_p_values(sizes[name], sizes["judged"]) <= 0.1).sum())
    _, high = binomial_bounds(trials, 0.1, 1e-4)
    assert marked["held out"] <= high
    assert marked["training"] > high


def test_planted_anomalies_are_found_and_little_else() -> None:
    found_of, false = {"mad": 0, "conformal": 0}, {"mad": 0, "conformal": 0}
    seeds, rows, planted = 5, 400, 1  # two would hide each other from 160 held-out rows at this rate
    for seed in range(seeds):
        table, moved = made(rows, seed, planted)
        for method in ("mad", "conformal"):
            found = find_anomalies(table, method=method, alpha=0.01, settings=QUICK)  # type: ignore[arg-type]
            assert found.expected == pytest.approx(4.0)
            found_of[method] += len(moved & set(found.rows))
            false[method] += len(set(found.rows) - moved)
    assert found_of == {"mad": seeds * planted, "conformal": seeds * planted}
    assert max(false.values()) <= binomial_bounds(rows * seeds, 0.01, 1e-4)[1] * 1.15


def test_many_anomalies_hide_each_other_from_held_out_rows_and_a_reference_helps() -> None:
    table, moved = made(300, 1, planted=30)
    blind = find_anomalies(table, method="conformal", alpha=0.02, settings=QUICK)
    assert len(moved & set(blind.rows)) < 15
    robust = find_anomalies(table, method="mad", alpha=0.001, settings=QUICK)
    assert moved <= set(robust.rows)
    clean, _ = made(400, 2)
    told = find_anomalies(table, reference=clean, method="conformal", fdr=0.1, settings=QUICK)
    assert told.source == "reference"
    assert moved <= set(told.rows)
    assert len(set(told.rows) - moved) <= 12
    assert told.held_out == 200
    none = find_anomalies(made(300, 3)[0], reference=clean, method="conformal", fdr=0.05, settings=QUICK)
    assert none.count <= 5


def test_a_model_judges_without_training_and_only_rows_that_fit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from activations import fit

    model = fit("sin(3*x)", "tanh", hidden=(12,), steps=400, learning_rate=0.03)
    monkeypatch.setattr("activations.networks.anomalies.train_folds", None)
    table, moved = made(300, 4, planted=3)
    for method in ("mad", "conformal"):
        found = find_anomalies(table, model=model, method=method, alpha=0.02)  # type: ignore[arg-type]
        assert moved <= set(found.rows)
        assert found.source == "model"
    few = find_anomalies(table, model=model, reference=made(120, 5)[0], method="conformal", fdr=0.1)
    assert (few.held_out, few.count, few.least) == (120, 0, 25)
    told = find_anomalies(table, model=model, reference=made(1500, 5)[0], method="conformal", fdr=0.1)
    assert moved <= set(told.rows)
    assert (told.held_out, told.least) == (1500, 2)
    wide = Table("wide.csv", ("a", "b"), "y", tuple((float(i), 1.0) for i in range(12)), tuple(map(float, range(12))))
    with pytest.raises(DataError, match=r"takes 1 inputs \(x\)"):
        find_anomalies(wide, model=model)
    with pytest.raises(DataError, match="has the inputs"):
        find_anomalies(table, reference=wide)
    far = Table("far.csv", ("x",), "y", tuple((float(i),) for i in range(12)), tuple(map(float, range(12))))
    assert find_anomalies(far, model=model).outside == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "conformal"}, "alpha=0.01 takes at least 99 held-out rows, and of 60 rows 24 are held out"),
        ({"method": "conformal", "fdr": 0.01}, "at least 99"),
        ({"method": "guess"}, "choose from mad, conformal"),
        ({"alpha": 0.0}, "between 0 and 1"),
        ({"alpha": math.nan}, "between 0 and 1"),
        ({"fdr": 1.0}, "between 0 and 1"),
        ({"folds": 1}, "folds"),
        ({"folds": 61}, "folds"),
        ({"settings": FitSettings(hidden=(8,), steps=50, learning_rate=1e30)}, "diverged|not finite"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises((SettingError, DataError), match=message):
        find_anomalies(made(60, 0)[0], **{"settings": QUICK, **options})  # type: ignore[arg-type]


def test_classes_are_no_numbers_to_be_off() -> None:
    table = Table("c.csv", ("x",), "kind", tuple((float(i),) for i in range(12)), (0.0, 1.0) * 6, 0, ("a", "b"))
    with pytest.raises(DataError, match="classes"):
        find_anomalies(table)


def test_values_of_any_size_are_judged_alike() -> None:
    table, moved = made(120, 6, planted=2)
    plain = find_anomalies(table, settings=QUICK)
    assert moved <= set(plain.rows)
    for factor in (1e307, 1e-300):
        x, y = np.array(table.x) * factor, np.array(table.y) * factor
        large = Table("large.csv", ("x",), "y", tuple(map(tuple, x.tolist())), tuple(y.tolist()))
        found = find_anomalies(large, settings=QUICK)
        assert found.rows == plain.rows
        np.testing.assert_allclose(found.score, plain.score, rtol=0.02, atol=0.02)
        assert figure_bytes(draw_anomalies(found), "png").startswith(b"\x89PNG")


def test_the_same_again_gives_the_same() -> None:
    table, _ = made(80, 7, planted=1)
    first, again = (find_anomalies(table, settings=QUICK) for _ in range(2))
    assert first.to_dict() == again.to_dict()
    np.testing.assert_array_equal(first.prediction, again.prediction)
    assert figure_bytes(draw_anomalies(first), "svg") == figure_bytes(draw_anomalies(again), "svg")


def real(name: str) -> str:
    """A series that ships with statsmodels, found without importing it."""
    spec = importlib.util.find_spec("statsmodels")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("statsmodels is not installed")
    return str(Path(next(iter(spec.submodule_search_locations))) / "datasets" / name / f"{name}.csv")


@pytest.mark.parametrize(("name", "year"), [("sunspots", 1957.0), ("nile", 1913.0)])
def test_real_series_have_the_anomalies_that_history_tells(name: str, year: float) -> None:
    """The strongest solar cycle on record had its maximum in 1957; the Nile's lowest flow was that of 1913."""
    traced = read_traced(real(name))
    found = find_anomalies(traced.table)
    assert found.count <= 8
    assert traced.table.x[found.rows[0]] == (year,)
    line = traced.lines[found.rows[0]]
    assert dict(traced.rows)[line][0].startswith(str(int(year)))
    with pytest.raises(SettingError, match="held-out"):
        find_anomalies(traced.table, method="conformal", alpha=0.005)


def written(path: Path, text: str) -> tuple[Anomalies, list[list[str]]]:
    path.write_text(text, encoding="utf-8")
    traced = read_traced(str(path), ["x"], "y", drop_missing=True)
    found = find_anomalies(traced.table, settings=QUICK)
    return found, list(csv.reader(io.StringIO(anomalies_csv(traced, found))))


def test_the_csv_keeps_every_row_and_disarms_formulas(tmp_path: Path) -> None:
    lines = ["=cmd|'/c calc'!A1,x,y,score", "@sum(a1),0,0,-1"]
    lines += [f"+text {i},{i / 10},{i / 5},-{i}" for i in range(1, 30)]
    lines += ["-1e5,3.0,,+7", "\t=2,3.1,6.2,=1+1", '"a,""b""\n=c",3.2,6.4,<b>']
    found, rows = written(tmp_path / "odd.csv", "\n".join(lines) + "\n")
    header, body = rows[0], rows[1:]
    assert header == [
        "'=cmd|'/c calc'!A1",
        "x",
        "y",
        "score",
        "prediction",
        "residual",
        "score (2)",
        "p_value",
        "anomaly",
    ]
    assert len(body) == 33
    assert len(found) == 32
    assert body[0][0] == "'@sum(a1)"
    assert body[1][0] == "'+text 1"
    assert body[1][3] == "-1", "a number stays one"
    left_out = next(row for row in body if row[0] == "-1e5")
    assert left_out[2:] == ["", "+7", "", "", "", "", ""]
    assert body[-2][3] == "'=1+1"
    assert body[-1][0] == 'a,"b" =c'
    for row in body:
        for cell in row:
            assert not cell.startswith(("=", "@", "\t"))
    assert float(body[3][4]) + float(body[3][5]) == pytest.approx(float(body[3][2]), abs=1e-6)
    assert {row[-1] for row in body} <= {"true", "false", ""}


def test_a_file_without_a_header_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("".join(f"{i};{i * i}\n" for i in range(20)))
    traced = read_traced(str(path))
    assert traced.header is None
    assert traced.lines == tuple(range(1, 21))
    rows = list(csv.reader(io.StringIO(anomalies_csv(traced, find_anomalies(traced.table, settings=QUICK)))))
    assert rows[0][:3] == ["column 1", "column 2", "prediction"]
    assert len(rows) == 21


@pytest.mark.parametrize("method", ["mad", "conformal"])
def test_the_picture_marks_the_rows(method: str) -> None:
    table, moved = made(150, 8, planted=3)
    found = find_anomalies(table, method=method, alpha=0.05, settings=QUICK)  # type: ignore[arg-type]
    for theme in ("light", "dark"):
        figure = draw_anomalies(found, theme)
        upper, lower = figure.axes
        marked = next(part for part in upper.collections if part.get_gid() == "marked")
        places = {round(float(x), 9) for x, _ in np.asarray(marked.get_offsets())}
        assert places == {round(table.x[row][0], 9) for row in found.rows}
        assert {round(table.x[row][0], 9) for row in moved} <= places
        bound = 1.0 if method == "conformal" else NormalDist().inv_cdf(0.975)
        assert any(line.get_ydata()[0] == pytest.approx(bound) for line in lower.lines)
        assert f"{found.count} of 150 rows marked" in figure.get_suptitle()


def test_pictures_of_several_inputs_foreign_names_and_no_marks() -> None:
    random = np.random.default_rng(9)
    x = random.uniform(-1, 1, (60, 2))
    y = x[:, 0] * x[:, 1]
    table = Table("<b>$\\frac{$.csv", ("a" * 40, "$x$"), "=y\x1b[31m", tuple(map(tuple, x.tolist())), tuple(y.tolist()))
    found = find_anomalies(table, alpha=1e-300, settings=QUICK)
    assert found.rows == []
    for kind in ("svg", "png"):
        content = figure_bytes(draw_anomalies(found), kind)
        assert len(content) > 1000
        assert b"\x1b" not in content or kind == "png"
    discovery = find_anomalies(table, fdr=0.2, settings=QUICK)
    assert len(draw_anomalies(discovery).axes[1].lines) == 0, "there is no one bound"
