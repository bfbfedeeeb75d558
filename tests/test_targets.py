import dataclasses
import os
import pickle

import numpy as np
import pytest

from activations.errors import DataError, ExpressionError, UnknownTargetError
from activations.fit.samples import Scaling, draw_samples, evaluate
from activations.fit.table import read_table
from activations.fit.targets import TARGETS, csv_target, formula_target, resolve_target, target_names


def test_names_and_aliases_are_unique_and_found_however_they_are_spelled():
    names = [name for target in TARGETS for name in (target.name, *target.aliases)]
    assert len(names) == len(set(names))
    assert target_names() == [target.name for target in TARGETS]
    for target in TARGETS:
        for name in (target.name, *target.aliases, target.name.upper().replace("_", "-")):
            assert resolve_target(name) is target


def test_an_unknown_word_raises_with_the_nearest_names():
    with pytest.raises(UnknownTargetError, match=r"unknown target 'cubc'; did you mean cubic\?"):
        resolve_target("cubc")
    with pytest.raises(UnknownTargetError, match="see 'activations targets'"):
        resolve_target("qqqqqqq")
    with pytest.raises(ExpressionError):
        resolve_target("sin(x")


def test_a_formula_is_a_target_of_the_dimension_of_its_names():
    assert resolve_target("abs(x)", (-2, 3)).domain == ((-2, 3),)
    assert resolve_target("x1 + x3").domain == ((-1, 1),) * 3
    assert resolve_target("3", ((0, 1), (0, 2))).dimension == 2
    assert formula_target("x1*x2", (0, 1)).domain == ((0, 1), (0, 1))
    with pytest.raises(ExpressionError, match="x alone"):
        resolve_target("x + x2")
    with pytest.raises(DataError, match="2 intervals, the target 3 inputs"):
        resolve_target("x3", ((0, 1), (0, 1)))


@pytest.mark.parametrize("domain", [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_what_is_no_interval_is_refused(domain):
    with pytest.raises(DataError, match="is no interval"):
        resolve_target("x", domain)


def test_a_named_target_can_be_moved_and_a_data_set_not():
    moved = resolve_target("sin", (0, 1))
    assert (moved.domain, moved.points) == (((0, 1),), 200)
    assert moved.digest != resolve_target("sin").digest
    with pytest.raises(DataError, match="fixed data set"):
        resolve_target("spiral", (0, 1))


def test_the_digest_follows_the_samples_and_not_the_name():
    target = resolve_target("sin")
    assert dataclasses.replace(target, name="other").digest == target.digest
    assert formula_target("2*x").digest == formula_target("2 * x").digest
    for change in ({"points": 201}, {"noise": 0.1}, {"formula": "sin(2*x)"}, {"sampling": "uniform"}):
        assert dataclasses.replace(target, **change).digest != target.digest
    assert pickle.loads(pickle.dumps(target)).digest == target.digest


@pytest.mark.parametrize("name", target_names())
def test_training_validation_and_test_points_are_apart(name):
    samples = draw_samples(resolve_target(name), 3)
    rows = {
        part: {tuple(row) for row in np.round(getattr(samples, part).x, 12)}
        for part in ("training", "validation", "test")
    }
    assert not rows["training"] & rows["validation"]
    assert not rows["test"] & rows["validation"]
    # A grid shares its ends with the test grid, nothing more.
    assert len(rows["test"] & rows["training"]) <= 2
    for part in ("training", "validation", "test"):
        inside = samples.scaling.input_to_network(getattr(samples, part).x)
        assert np.abs(inside).max() <= 1 + 1e-12


def test_the_suite_has_the_points_that_its_sources_give():
    cubic = draw_samples(resolve_target("cubic"), 0)
    np.testing.assert_allclose(cubic.training.x[:, 0], np.arange(40) * 0.1 - 2, atol=1e-12)
    np.testing.assert_allclose(cubic.training.y, np.polyval([1, 1, -3, -1], np.arange(40) * 0.1 - 2), atol=1e-12)
    assert cubic.test.x.max() < 2
    sin = draw_samples(resolve_target("sin"), 0)
    assert (len(sin.training.x), sin.training.x.min(), sin.training.x.max()) == (200, -10, 10)
    spiral = draw_samples(resolve_target("spiral"), 0)
    assert (len(spiral.training.x), len(spiral.test.x), spiral.training.y.sum()) == (194, 192, 97)
    np.testing.assert_allclose(spiral.training.x[0], [0, 6.5])
    np.testing.assert_allclose(spiral.training.x[97], [0, -6.5])


def test_a_seed_fixes_positions_and_noise_and_test_values_have_none():
    target = resolve_target("piecewise_noisy")
    first, again, other = draw_samples(target, 1), draw_samples.__wrapped__(target, 1), draw_samples(target, 2)
    np.testing.assert_array_equal(first.training.x, again.training.x)
    np.testing.assert_array_equal(first.training.y, again.training.y)
    assert not np.isin(first.training.x, other.training.x).any()
    np.testing.assert_array_equal(first.test.y, evaluate(target, first.test.x))
    noise = np.concatenate([part.y - evaluate(target, part.x) for part in (first.training, first.validation)])
    assert len(noise) == 120
    assert noise.std() == pytest.approx(0.2, rel=0.2)


def test_values_are_standardised_by_the_training_points():
    samples = draw_samples(resolve_target("cubic"), 0)
    network = samples.scaling.value_to_network(samples.training.y)
    assert (network.mean(), network.std()) == pytest.approx((0, 1), abs=1e-12)
    np.testing.assert_allclose(samples.scaling.value_from_network(network), samples.training.y, atol=1e-12)


@pytest.mark.parametrize("magnitude", [1e308, 1e30, 1e-30, 1e-300])
def test_extreme_magnitudes_are_scaled_without_overflow(magnitude):
    y = magnitude * np.linspace(-1, 1, 11)
    scaling = Scaling.of(((-magnitude, magnitude),), y)
    assert scaling.value_to_network(y).std() == pytest.approx(1)
    np.testing.assert_allclose(scaling.value_from_network(scaling.value_to_network(y)), y, rtol=1e-12, atol=0)
    np.testing.assert_allclose(scaling.input_to_network(y[:, None])[:, 0], np.linspace(-1, 1, 11), atol=1e-15)


def test_a_constant_target_has_no_spread():
    for text in ("3", "0*x"):
        samples = draw_samples(formula_target(text), 0)
        assert samples.spread is None
        assert np.isfinite(samples.scaling.value_to_network(samples.training.y)).all()


@pytest.mark.parametrize(
    ("text", "domain", "message"),
    [
        ("1/x", (-1, 1), r"1/x: not finite at x=0 \(first of 1\)"),
        ("log(x)", (-1, 1), r"not finite at x=-1 \(first of 51\)"),
        ("x**x**x**x", (-2, 2), r"not finite at x=-2 \(first of \d+\)"),
        ("1/(x1 - x1)", (0, 1), r"not finite at x1=.* \(first of 101\)"),
        ("log(x2)", ((0, 1), (-2, -1)), r"not finite at x1=.*, x2=-1\..* \(first of 512\)"),
    ],
)
def test_values_that_are_not_finite_are_refused_with_the_first_point(text, domain, message):
    with pytest.raises(DataError, match=message):
        draw_samples(formula_target(text, domain), 0)


GOOD = "x,y\n" + "".join(f"{i},{i * i}\n" for i in range(12))


def write(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return str(path)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", " , "),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace("\n", "\n\n"),
        GOOD.removeprefix("x,y\n"),
        GOOD.replace("x,y", '"x","y"'),
    ],
)
def test_a_table_is_read_however_it_is_delimited(tmp_path, content):
    table = read_table(write(tmp_path, content))
    assert table.x == tuple((float(i),) for i in range(12))
    assert table.y == tuple(float(i * i) for i in range(12))
    assert table.ranges == ((0.0, 11.0),)


def rows(line5):
    """Ten good lines with another fifth one (the header is the first)."""
    lines = GOOD.splitlines()
    return "\n".join([*lines[:4], line5, *lines[5:]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "at least 10 finite rows, found 0"),
        ("\n\n", "at least 10 finite rows, found 0"),
        ("x,y\n", "at least 10 finite rows, found 0"),
        ("x,y\n1,2\n", "at least 10 finite rows, found 1"),
        ("x,y\n" + "1,2\n" * 12, r"column 1 \(x\): all values are 1"),
        ("x,y\n" + "".join(f"{i},7\n" for i in range(12)), r"column 2 \(y\): all values are 7"),
        (rows("3,nan"), r"data.csv, line 5, column 2 \(y\): 'nan' is not finite"),
        (rows("3,"), r"line 5, column 2 \(y\): '' is not finite"),
        (rows("inf,9"), r"line 5, column 1 \(x\): 'inf' is not finite"),
        (rows("3,1e999"), r"line 5, column 2 \(y\): '1e999' is not finite"),
        (rows("3,9,27"), "line 5: 3 cells, expected 2"),
        (rows("3"), "line 5: 1 cells, expected 2"),
        (rows("3,abc"), r"line 5, column 2 \(y\): 'abc' is no number$"),
        (rows("3,1_000"), r"line 5, column 2 \(y\): '1_000' is no number$"),
        (rows("3;9").replace(",", ";").replace("9;81", "9;8,1"), r"line 11, column 2 .*'8,1' .*decimal point"),
        (rows('3,"9'), "data.csv, line "),
        (rows("3,\0"), "line 5, character 3: NUL"),
        (GOOD.encode("utf-16"), "not UTF-8"),
        (rows("3,é").encode("latin-1"), "not UTF-8"),
        (rows("3," + "9" * 200_000), "data.csv, line"),
        ("x,x,y\n" + "".join(f"{i},{i},{i}\n" for i in range(12)), "columns 1 and 2 are both 'x'; give the number"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path, content), x=["x"], y="y")


def test_missing_rows_can_be_dropped_and_are_counted(tmp_path):
    content = rows("3,nan").replace("7,49", ",49")
    table = read_table(write(tmp_path, content), drop_missing=True)
    assert (len(table.y), table.dropped) == (10, 2)
    with pytest.raises(DataError, match="'abc' is no number"):
        read_table(write(tmp_path, rows("3,abc")), drop_missing=True)


def test_columns_are_chosen_by_name_or_number(tmp_path):
    content = "a,2,c\n" + "".join(f"{i},{-i},{i + 0.5}\n" for i in range(12))
    path = write(tmp_path, content)
    assert read_table(path).x_names == ("a", "2")
    assert read_table(path, ["c", "1"], "2").x[3] == (3.5, 3.0)
    assert read_table(path, ["3"], "a").x_names == ("c",)
    with pytest.raises(DataError, match="no column 'd'; there are a, 2, c"):
        read_table(path, ["d"])
    for x, y in ((["a", "a"], "c"), (["a"], "a")):
        with pytest.raises(DataError, match="must be different columns"):
            read_table(path, x, y)


def test_repeated_inputs_are_allowed_and_counted(tmp_path):
    table = read_table(write(tmp_path, GOOD + "3,8\n3,7\n"))
    assert table.repeated == 2


def test_what_is_no_regular_file_raises_at_once(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path, fifo, loop, tmp_path / "missing.csv", "/dev/zero"):
        with pytest.raises(OSError, match=r"."):
            read_table(str(path))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(DataError, match=r"10,000,000,000 bytes"):
        read_table(str(path))


def test_the_rows_of_a_file_are_split_anew_for_each_seed(tmp_path):
    target = csv_target(write(tmp_path, GOOD))
    assert target.name == "data.csv"
    splits = [draw_samples(target, seed) for seed in range(3)]
    for samples in splits:
        parts = [samples.training.x, samples.validation.x, samples.test.x]
        assert [len(part) for part in parts] == [7, 3, 2]
        assert sorted(np.concatenate(parts)[:, 0]) == list(range(12))
    assert len({samples.training.x.tobytes() for samples in splits}) == 3


def test_values_near_the_largest_number_can_be_read(tmp_path):
    content = "x,y\n" + "".join(f"{(i - 5) / 6 * 1e308},{(i - 5) / 6 * 1.7e308}\n" for i in range(12))
    samples = draw_samples(csv_target(write(tmp_path, content)), 0)
    assert np.isfinite(samples.scaling.value_to_network(samples.training.y)).all()
    assert np.abs(samples.scaling.input_to_network(samples.training.x)).max() <= 1
