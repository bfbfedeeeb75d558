import csv
import os

import numpy as np
import pytest

from activations.errors import DataError
from activations.fitting.samples import draw_samples
from activations.fitting.table import MAX_CLASSES, read_table
from activations.fitting.targets import csv_target

GOOD = "x,y\n" + "".join(f"{i},{i * i}\n" for i in range(12))


def write(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return str(path)


@pytest.mark.torture(34)
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


@pytest.mark.torture(32, 33, 34, 36)
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
        (GOOD.encode("utf-16"), "data.csv, line 1, byte 1: 0xff is not UTF-8"),
        (rows("3,é").encode("latin-1"), "data.csv, line 5, byte 3: 0xe9 is not UTF-8"),
        (rows("3,é").replace("\n", "\r").encode("latin-1"), "line 5, byte 3"),
        (GOOD.encode() + b"1,2\n" * 5000 + b"\xff\n", "line 5014, byte 1: 0xff"),
        (rows("3," + "9" * 200_000), "data.csv, line"),
        ("x,x,y\n" + "".join(f"{i},{i},{i}\n" for i in range(12)), "columns 1 and 2 are both 'x'; give the number"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path, content), x=["x"], y="y")


@pytest.mark.torture(36)
def test_a_cell_may_be_long_and_the_limit_of_others_stays(tmp_path):
    before = csv.field_size_limit()
    table = read_table(write(tmp_path, GOOD.replace("x,y", "x" * 1_000_000 + ",y")))
    assert table.x_names == ("x" * 39 + "…",)
    with pytest.raises(DataError, match=r"data.csv, line \d+: field larger"):
        read_table(write(tmp_path, rows('3,"9') + "1,2\n" * 1_000_000))
    assert csv.field_size_limit() == before


@pytest.mark.torture(33)
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


@pytest.mark.torture(37)
def test_repeated_inputs_are_allowed_and_counted(tmp_path):
    table = read_table(write(tmp_path, GOOD + "3,8\n3,7\n"))
    assert table.repeated == 2


@pytest.mark.torture(35)
def test_what_is_no_regular_file_raises_at_once(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path, fifo, loop, tmp_path / "missing.csv", "/dev/zero"):
        with pytest.raises(OSError, match=r"."):
            read_table(str(path))


@pytest.mark.torture(35)
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


@pytest.mark.torture(38)
def test_values_near_the_largest_number_can_be_read(tmp_path):
    content = "x,y\n" + "".join(f"{(i - 5) / 6 * 1e308},{(i - 5) / 6 * 1.7e308}\n" for i in range(12))
    samples = draw_samples(csv_target(write(tmp_path, content)), 0)
    assert np.isfinite(samples.scaling.value_to_network(samples.training.y)).all()
    assert np.abs(samples.scaling.input_to_network(samples.training.x)).max() <= 1


# Classes


def flowers(rows_per_class=10, header="length,width,kind\n", names=("setosa", "virginica", "iris b")):
    lines = [f"{i + 7 * k}.5,{i % 3},{name}" for k, name in enumerate(names) for i in range(rows_per_class)]
    return header + "\n".join(lines) + "\n"


def test_a_column_without_numbers_is_one_of_classes(tmp_path):
    table = read_table(write(tmp_path, flowers()))
    assert table.classes == ("iris b", "setosa", "virginica")
    assert (table.y[0], table.y[10], table.y[20]) == (1, 2, 0)
    assert (table.x[0], table.x_names, table.y_name) == ((0.5, 0.0), ("length", "width"), "kind")
    target = csv_target(write(tmp_path, flowers()))
    assert (target.classes, target.task, target.outputs) == (3, "classification", 1)
    assert target.title == "kind (3 classes) from length, width"


def test_a_file_of_classes_needs_no_header(tmp_path):
    table = read_table(write(tmp_path, flowers(header="")))
    assert (table.x_names, table.y_name, len(table.y)) == (("column 1", "column 2"), "column 3", 30)


def test_numbers_are_classes_when_asked_for(tmp_path):
    content = "x,y\n" + "".join(f"{i},{('10', '9', '9.0', '-1')[i % 4]}\n" for i in range(40))
    path = write(tmp_path, content)
    assert read_table(path).classes == ()
    table = read_table(path, classify=True)
    assert table.classes == ("-1", "9", "10")
    assert table.y[:4] == (2, 1, 1, 0)
    assert csv_target(path, classify=True).digest != csv_target(path).digest


def test_every_class_is_in_every_part_of_every_split(tmp_path):
    target = csv_target(write(tmp_path, flowers(rows_per_class=5)))
    for seed in range(5):
        samples = draw_samples(target, seed)
        counts = [np.bincount(part.y).tolist() for part in (samples.training, samples.validation, samples.test)]
        assert counts == [[3, 3, 3], [1, 1, 1], [1, 1, 1]]
        assert samples.classes == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (flowers(names=("a",)), r"data.csv, column 3 \(kind\): all rows are of class 'a'"),
        (flowers(rows_per_class=20) + "1,1,rare\n", "class 'rare' has 1 rows, needs at least 5; join it"),
        (flowers().replace("2.5,2,setosa", "2.5,2,"), r"line 4, column 3 \(kind\): '' is no class; drop"),
        (flowers().replace("2.5,2,setosa", "2.5,nan,setosa"), r"line 4, column 2 \(width\): 'nan' is not finite"),
        (flowers().replace("2.5,2,setosa", "2.5,2,7"), r"line 2, column 3 \(kind\): 'setosa' is no number"),
        ("x,y\n" + "".join(f"{i},k{i}\n" for i in range(MAX_CLASSES + 1)), "101 different classes, at most 100"),
    ],
)
def test_bad_classes_are_refused_with_the_place(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path, content))


def test_rows_without_a_class_can_be_dropped_and_are_counted(tmp_path):
    content = flowers().replace("2.5,2,setosa", "2.5,2,").replace("3.5,0,setosa", ",0,setosa")
    table = read_table(write(tmp_path, content), drop_missing=True)
    assert (len(table.y), table.dropped) == (28, 2)
