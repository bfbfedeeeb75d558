"""Any file at all: tables, kept results and settings are read, or refused in one sentence.

FUZZ_EXAMPLES=5000 tries more than the few examples of every day.
"""

from __future__ import annotations

import dataclasses
import math
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from activations.benchmark import benchmark
from activations.benchmark.chunk import train_chunk
from activations.benchmark.outcome import Errors, Outcome
from activations.benchmark.plan import Run
from activations.benchmark.store import Store, this_environment
from activations.benchmark.store.listing import RunFilter, count_runs, export_runs, select_runs
from activations.benchmark.store.rankings import stored_ranking
from activations.benchmark.store.repair import check_store, salvage_store
from activations.errors import DataError, StoreError
from activations.fitting.table import Table, read_table
from activations.fitting.targets import formula_target
from activations.registry import default_registry

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
HERE = this_environment("cpu")


def examples(few: int) -> Any:
    """So many examples every day; more where somebody asks for them."""
    return settings(max_examples=EXAMPLES or few, deadline=None, suppress_health_check=list(HealthCheck))


def one_sentence(error: Exception) -> bool:
    """Whether an error can be shown on a line."""
    return bool(str(error)) and "\n" not in str(error) and len(str(error)) < 1000


# Tables

CELLS = st.sampled_from(
    [
        "1",
        "2.5",
        "-3e300",
        "1e999",
        "nan",
        "inf",
        "",
        " ",
        "abc",
        '"',
        '"a,b"',
        "x",
        "y",
        "=1+1",
        "1_0",
        "0x1",
        "é",
        "1,5",
    ]
)
PIECES = CELLS | st.sampled_from([",", ";", "\t", "|", "\n", "\r", "\r\n", "\0", "\ufeff", "\u2028", "x,y\n"])
GOOD_ROWS = b"x,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(12))
ANY_TABLE = (
    st.binary(max_size=80)
    | st.lists(PIECES, max_size=60).map(lambda parts: "".join(parts).encode())
    | st.builds(lambda extra: GOOD_ROWS + extra, st.binary(max_size=20))
    | st.builds(lambda cells: GOOD_ROWS + ",".join(cells).encode() + b"\n", st.lists(CELLS, max_size=3))
)


@examples(150)
@given(data=ANY_TABLE, drop=st.booleans(), classify=st.booleans())
def test_any_bytes_are_a_table_or_a_mistake(
    data: bytes, drop: bool, classify: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(data)
    try:
        table = read_table(str(file), drop_missing=drop, classify=classify)
    except DataError as error:
        refusal: Exception = error
    else:
        assert len(table.x) == len(table.y) >= 10
        assert all(math.isfinite(value) for row in table.x for value in row)
        assert all(map(math.isfinite, table.y))
        return
    assert one_sentence(refusal)
    assert str(refusal).startswith("any.csv")


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@examples(60)
@given(
    rows=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=10, max_size=20, unique=True),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    header=st.booleans(),
)
def test_a_table_comes_back_as_it_was_written(
    rows: list[tuple[float, ...]], separator: str, end: str, header: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "whole.csv"
    lines = [separator.join("abc")] * header + [separator.join(map(repr, row)) for row in rows]
    file.write_bytes((end.join(lines) + end).encode())
    found: Table | str
    try:
        found = read_table(str(file))
    except DataError as error:
        found = str(error)
    if isinstance(found, str):
        assert "all values are" in found  # a column of one value
        return
    assert [(*x, y) for x, y in zip(found.x, found.y, strict=True)] == rows
    assert found.y_name == ("c" if header else "column 3")


# Kept results

RUN = Run(formula_target("sin(4*x)", points=25), default_registry().variant("relu"), (3,), 0.01, 1.0, 0, 5)
POSITIVE = st.floats(0, 1e300) | st.just(math.inf)
RUNS = st.builds(
    lambda seed, rate: dataclasses.replace(RUN, seed=seed, learning_rate=rate),
    st.integers(0, 2**40 - 1),
    st.floats(1e-9, 1e9),
)
ERRORS = st.builds(
    Errors,
    relative=POSITIVE,
    rmse=POSITIVE,
    largest=POSITIVE,
    r2=st.none() | st.floats(-1e300, 1) | st.just(-math.inf),
    accuracy=st.none() | st.floats(0, 1),
)
TRAINED = st.builds(
    Outcome,
    run=RUNS,
    validation=POSITIVE,
    test=ERRORS,
    extrapolation=st.none(),
    failed=st.booleans(),
    diverged_at=st.none(),
    parameters=st.none(),
    seconds=st.floats(0, 1e6),
    reason=st.text(max_size=30).filter(str.isprintable),
    steps_to_precision=st.lists(st.none() | st.integers(0, 10**6), max_size=11).map(tuple),
)
DIVERGED = Outcome(RUN, math.inf, Errors(*[math.inf] * 3, -math.inf), None, True, 0, None, 0.5, reason="it diverged")
OUTCOMES = TRAINED | st.integers(0, 10**6).map(lambda step: dataclasses.replace(DIVERGED, diverged_at=step))


@examples(15)
@given(outcomes=st.lists(OUTCOMES, max_size=5, unique_by=lambda outcome: outcome.run.key))
def test_outcomes_come_back_as_they_were_kept(
    outcomes: list[Outcome], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("kept") / "runs.sqlite3"
    with Store(file) as store:
        store.add(outcomes, "ranking", HERE)
        found = store.known([outcome.run for outcome in outcomes], HERE)
    assert found == {outcome.run.key: outcome for outcome in outcomes}
    with Store(file, "read") as store:
        assert check_store(store) == []


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a ranking."""
    file = tmp_path_factory.mktemp("sound") / "runs.sqlite3"
    variants = [default_registry().variant(name) for name in ("relu", "prelu")]
    benchmark([RUN.target], variants, hidden=(3,), steps=3, seeds=2, store=file)
    return file


DAMAGE = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1), st.just(b"")),
    st.tuples(st.just("write"), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("write"), st.floats(0, 1), st.just(bytes(4096))),
    st.tuples(st.just("write"), st.floats(0, 0.02), st.binary(min_size=1, max_size=4)),
    st.tuples(st.just("write"), st.floats(0, 1), st.sampled_from([b"null", b'"', b"\xff", b"-1", b"[]", b"}"])),
)


@examples(40)
@example(damage=[("write", 0.01171875, b"\x80")])  # in the text of the schema
@given(damage=st.lists(DAMAGE, min_size=1, max_size=4))
def test_a_damaged_store_is_used_or_refused(
    damage: list[tuple[str, float, bytes]], sound: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    file = folder / "runs.sqlite3"
    data = bytearray(sound.read_bytes())
    for kind, where, what in damage:
        at = int(where * len(data))
        if kind == "cut":
            del data[at:]
        else:
            data[at : at + len(what)] = what
    file.write_bytes(data)
    for use in (listed, ranked, checked, salvaged, added):
        told: Exception | None = None
        try:
            use(file)
        except StoreError as error:
            told = error
        assert told is None or (one_sentence(told) and "sqlite3" in str(told)), (use.__name__, str(told))


def listed(file: Path) -> None:
    with Store(file, "read") as store:
        rows = select_runs(store, RunFilter())
        count_runs(store, RunFilter())
        export_runs(rows, "json")


def ranked(file: Path) -> None:
    with Store(file, "read") as store:
        stored_ranking(store)


def checked(file: Path) -> None:
    with Store(file, "read") as store:
        check_store(store)


def salvaged(file: Path) -> None:
    salvage_store(file, file.with_name("salvaged.sqlite3"))


def added(file: Path) -> None:
    with Store(file) as store:
        store.known([RUN], HERE)
        store.add(train_chunk([RUN]), "ranking", HERE)


def test_an_undamaged_store_passes_all_of_it(sound: Path, tmp_path: Path) -> None:
    file = tmp_path / "runs.sqlite3"
    file.write_bytes(sound.read_bytes())
    for use in (listed, ranked, checked, salvaged, added):
        use(file)
    assert sqlite3.connect(file).execute("SELECT count(*) FROM runs").fetchone()[0] > 4
