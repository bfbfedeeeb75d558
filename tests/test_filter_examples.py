"""The filters that the documents show, run over a part of the catalogue and held against samples of the curves."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import activations.filters
from activations import default_registry
from activations_cli.commands.list import command
from activations_cli.main import cli

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Example:
    """A filter as it stands in a document.

    Attributes:
        chosen: some that must be among what it chooses.
        left_out: some that must not be.
    """

    chosen: set[str]
    left_out: set[str]


EXAMPLES = {
    "monotone and smooth and lipschitz<=1": Example(
        {"tanh", "sigmoid", "arctan", "normal_cdf"}, {"erf", "softsign", "improved_sigmoid", "dsilu"}
    ),
    "monotone and (smooth or lipschitz<=1) and not odd": Example(
        {"relu", "sigmoid", "softplus", "exponential", "elu"}, {"tanh", "gelu", "selu", "square", "hardtanh", "glu"}
    ),
}


def documented() -> Iterator[str]:
    """What stands after --where in the README, and in quotes in the help and the module of filters."""
    for line in re.findall(r"^activations .*--where.*", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        words = shlex.split(line, comments=True)
        yield words[words.index("--where") + 1]
    (option,) = [option for option in command.params if option.name == "condition"]
    yield from re.findall(r'"(.+?)"', option.help or "")
    yield from re.findall(r"as typed: `(.+?)`", activations.filters.__doc__ or "")


def listed(*arguments: str) -> set[str]:
    found = CliRunner().invoke(cli, ["list", "--json", *arguments])
    assert found.exit_code == 0, found.stderr
    return {row["name"] for row in json.loads(found.stdout)}


def test_every_documented_filter_is_tried_here() -> None:
    found = list(documented())
    assert len(found) >= 3
    assert set(found) == set(EXAMPLES)


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_documented_filter_chooses_what_it_says(text: str) -> None:
    example = EXAMPLES[text]
    every_seventh = list(default_registry())[::7]
    names = listed(*example.chosen, *example.left_out, *every_seventh, "--where", text)
    assert example.chosen <= names
    assert not example.left_out & names
    registry = default_registry()
    x = torch.linspace(-20, 20, 4001, dtype=torch.float64)
    for name in names:
        y = registry[name](x)
        steps = y.diff()
        assert bool((steps >= -1e-12).all() or (steps <= 1e-12).all()), f"{name} is not monotone"
        steepest = float((steps / x.diff()).abs().max())
        assert steepest <= 1 + 1e-9 or "or lipschitz<=1" in text, f"{name} has slopes to {steepest}"
        assert not bool((y == -y.flip(0)).all()) or "not odd" not in text, f"{name} is odd"


def test_kinks_and_families_of_a_filter() -> None:
    tried = ("relu*", "leaky_relu", "squared_relu", "abs", "tanh", "hardtanh")
    names = listed(*tried, "--family", "rectified", "--where", "monotone and kinks>=1")
    assert {"relu", "leaky_relu", "relu6"} <= names
    assert not names & {"squared_relu", "abs", "tanh", "hardtanh"}
