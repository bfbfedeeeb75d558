"""Filters over measured properties, families, and the cache below them."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import activations.property_store as store
from activations import default_registry, measure
from activations.errors import UnknownActivationError
from activations.filters import FACTS, QUANTITIES, FilterError, family_filter, parse_filter
from activations.properties import Properties
from activations.user_folders import cache_folder, data_folder
from activations_cli.main import cli

NAMES = ("relu", "tanh", "softplus", "mish", "linear", "binary_step", "glu", "square")


@pytest.fixture(scope="module")
def measured() -> dict[str, Properties]:
    return {name: measure(default_registry()[name].variant()) for name in NAMES}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "activations" / "properties.json"


def chosen(text: str, measured: dict[str, Properties]) -> set[str]:
    judge = parse_filter(text)
    return {name for name, facts in measured.items() if judge(facts)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("monotone", {"relu", "tanh", "softplus", "linear", "binary_step"}),
        ("monotone and smooth", {"tanh", "softplus", "linear"}),
        ("not monotone", {"mish", "square"}),
        ("odd or even", {"tanh", "linear", "square"}),
        ("odd and bounded or even", {"tanh", "square"}),
        ("odd and (bounded or even)", {"tanh"}),
        ("not odd and bounded", {"binary_step"}),
        ("not (odd or monotone)", {"mish", "square"}),
        ("not not odd", {"tanh", "linear"}),
        ("convex AND NOT straight", {"relu", "softplus", "square"}),
        ("concave", {"linear"}),
        ("kinked and continuous", {"relu"}),
        ("jumping", {"binary_step"}),
        ("bounded_below and not bounded-above", {"relu", "softplus", "mish", "square"}),
        ("nonnegative", {"relu", "softplus", "binary_step", "square"}),
        ("saturating-right", {"tanh", "binary_step"}),
        ("saturating-left and not saturating-right", {"relu", "softplus", "mish"}),
        ("differentiable and decreasing", set()),
        ("lipschitz<=1", {"relu", "tanh", "softplus", "linear"}),
        ("lipschitz < 1", set()),
        ("lipschitz = inf", {"square", "binary_step"}),
        ("gain>1.1 and not jumping", {"relu", "tanh", "mish"}),
        ("high == 1 and low>=-1", {"tanh", "binary_step"}),
        ("kinks=1", {"relu", "binary_step"}),
        ("jumps != 0", {"binary_step"}),
        ("mean > 1e-1 and mean < .5", {"relu", "mish", "glu", "binary_step"} - {"glu", "binary_step"}),
    ],
)
def test_filters_choose(text: str, expected: set[str], measured: dict[str, Properties]) -> None:
    assert chosen(text, measured) == expected


def test_what_makes_no_sense_is_neither_true_nor_false(measured: dict[str, Properties]) -> None:
    two_inputs = measured["glu"]
    for word in FACTS:
        assert parse_filter(word)(two_inputs) is None
        assert parse_filter(f"not {word}")(two_inputs) is None
    assert parse_filter("odd or gain>0")(two_inputs) is True
    assert parse_filter("odd and gain<0")(two_inputs) is False
    assert parse_filter("odd and gain>0")(two_inputs) is None


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "a property is missing"),
        ("   ", 4, "the filter ends"),
        ("monoton", 1, "did you mean monotone"),
        ("odd and", 8, "a property is missing"),
        ("odd even", 5, "an operator is missing"),
        ("odd)", 4, "an operator is missing"),
        ("(odd", 1, "never closed"),
        ("odd and and even", 9, "found 'and'"),
        ("lipschitz", 1, "compare it, as in lipschitz<=1"),
        ("lipschitz<=", 12, "a number is missing"),
        ("lipschitz<=gain", 12, "a number is missing"),
        ("odd=1", 4, "odd is true or false"),
        ("1<=gain", 1, "a property is missing"),
        ("odd & even", 5, "write and"),
        ("gain>1.5x", 6, "can't stand here"),
        ("__import__('os').system('true')", 1, "can't stand here"),
        ("odd if even else odd", 5, "an operator is missing"),
        ("x" * 1001, 1, "at most 1000"),
        ("(" * 60 + "odd" + ")" * 60, 51, "more than 50"),
        ("not " * 900, 1, "at most 1000"),
        ("not " * 200, 201, "more than 50"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, column: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.column == column
    assert says in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_an_unknown_word_lists_all() -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter("beautiful")
    assert all(word in str(caught.value) for word in (*FACTS, *QUANTITIES))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_families() -> None:
    registry = default_registry()
    known = dict.fromkeys(item.family for item in registry.values())

    def chosen(*families: str) -> list[str]:
        wanted = family_filter(families, known)
        return [name for name in ("relu", "tanh", "softplus") if wanted(registry[name].family)]

    assert chosen("Smooth_Rectified", "sigmoidal") == ["tanh", "softplus"]
    assert chosen("*rectified") == ["relu", "softplus"]
    assert chosen() == ["relu", "tanh", "softplus"]
    with pytest.raises(UnknownActivationError, match=r"did you mean rectified.*there are linear, rectified"):
        chosen("rectifed")


def count_measurements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def counting(variant: Any) -> Properties:
        done.append(variant.label)
        return measure(variant)

    monkeypatch.setattr(store, "measure", counting)
    return done


def test_properties_come_back_from_the_cache_as_they_were(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = default_registry().match(list(NAMES))
    done = count_measurements(monkeypatch)
    first = store.measure_all(variants)
    assert sorted(done) == sorted(NAMES)
    assert cache.is_file()
    assert store.measure_all(variants) == first == [measure(variant) for variant in variants]
    assert len(done) == len(NAMES)
    assert list(cache.parent.iterdir()) == [cache]
    store.measure_all(default_registry().match(["sigmoid:beta=2", "relu"]))
    assert done[len(NAMES) :] == ["sigmoid:beta=2"]


def broken_copies(content: str) -> list[bytes]:
    whole = json.loads(content)
    copies = [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, content[: len(content) // 2].encode()]
    (key,) = whole["properties"]
    facts = whole["properties"][key]
    for wrong in (
        {"code": "other"},
        {"properties": []},
        {"properties": {key: None}},
        {"properties": {key: {}}},
        {"properties": {key: {**facts, "lipschitz": "1"}}},
        {"properties": {key: {**facts, "lipschitz": float("nan")}}},
        {"properties": {key: {**facts, "monotone": "sideways"}}},
        {"properties": {key: {**facts, "monotone": []}}},
        {"properties": {key: {**facts, "range": [1, 2]}}},
        {"properties": {key: {**facts, "saturates": ["hard"]}}},
    ):
        copies.append(json.dumps({**whole, **wrong}).encode())
    return copies


def test_a_broken_cache_is_ignored_and_replaced(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = default_registry().match(["relu"])
    good = store.measure_all(variants)
    content = cache.read_text()
    done = count_measurements(monkeypatch)
    for number, copy in enumerate(broken_copies(content), start=1):
        cache.write_bytes(copy)
        assert store.measure_all(variants) == good
        assert len(done) == number, copy[:200]
        assert json.loads(cache.read_text()) == json.loads(content)


def test_no_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    variants = default_registry().match(["relu"])
    assert store.measure_all(variants) == [measure(variants[0])]
    monkeypatch.setattr(store, "cache_folder", lambda: None)
    assert store.measure_all(variants) == [measure(variants[0])]


def test_other_code_measures_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = default_registry().match(["relu"])
    store.measure_all(variants)
    done = count_measurements(monkeypatch)
    monkeypatch.setattr(store, "_code", lambda: "newer")
    store.measure_all(variants)
    assert done == ["relu"]
    monkeypatch.setattr(store, "_file_digest", lambda module: "a helper beside the body was changed")
    store.measure_all(variants)
    assert done == ["relu", "relu"]


def test_what_was_measured_before_an_interruption_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure_one(variant: Any) -> Properties:
        if variant.label != "relu":
            raise KeyboardInterrupt
        return measure(variant)

    monkeypatch.setattr(store, "measure", measure_one)
    with pytest.raises(KeyboardInterrupt):
        store.measure_all(default_registry().match(["relu", "tanh"]))
    assert len(json.loads(cache.read_text())["properties"]) == 1


@pytest.mark.torture(46)
@pytest.mark.skipif(os.name == "nt", reason="the folders of other systems")
@pytest.mark.parametrize(("folder", "variable"), [(cache_folder, "XDG_CACHE_HOME"), (data_folder, "XDG_DATA_HOME")])
def test_our_folders_follow_the_standard(folder, variable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "relative/is/ignored")
    found = folder()
    assert found is not None
    assert found.is_relative_to(tmp_path)
    assert found.name == "activations"
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert folder() == tmp_path / "elsewhere" / "activations"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "100", "NO_COLOR": "1"})


def listed(*arguments: str) -> list[str]:
    found = run("list", "--json", *arguments)
    assert found.exit_code == 0, found.stderr
    return [row["name"] for row in json.loads(found.stdout)]


def test_list_with_a_filter(cache: Path) -> None:
    assert listed("relu", "tanh", "gelu", "--where", "monotone and smooth") == ["tanh"]
    assert cache.is_file()
    assert listed("relu", "tanh", "--family", "rectified") == ["relu"]
    assert listed("sigmoid:beta=2", "--where", "lipschitz<0.3") == []
    assert listed("sigmoid", "--where", "lipschitz<0.3") == ["sigmoid"]
    assert listed("relu", "tanh", "--family", "rectified", "--family", "sigmoidal", "--where", "bounded") == ["tanh"]


def test_list_without_a_filter_measures_nothing(cache: Path) -> None:
    assert "relu" in listed("--family", "rectified")
    assert not cache.exists()


def test_list_tells_mistakes(cache: Path) -> None:
    found = run("list", "--where", "monoton and smooth")
    assert found.exit_code == 2
    assert "did you mean monotone" in found.stderr
    assert found.stderr.endswith("  monoton and smooth\n  ^\n")
    assert run("list", "--family", "\x1b[31mred").exit_code == 2
    assert "\x1b" not in run("list", "--family", "\x1b[31mred").stderr
    assert not cache.exists()
