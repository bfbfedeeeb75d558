"""What an ONNX graph is put together from: operators, numbers and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from activations.fitting.precision import Precision

__all__ = ["Part", "Parts"]


PAIRS = ("Split", "TopK")  # operators with two results


class Part(NamedTuple):
    """One use of an operator; its first result is the one that counts."""

    operator: str
    operands: tuple[str, ...]
    attributes: Mapping[str, Any]
    results: tuple[str, ...]


class Parts:
    """A graph that grows.

    Args:
        inputs: names of the inputs.
        parameters: names that are kept for tensors.
        precision: that of all numbers.

    Attributes:
        precision: that of all numbers.
        inputs: names of the inputs.
        result: name of the output.
        used: the operators in order of use.
        tensors: numbers and parameters by name.
    """

    def __init__(self, inputs: Sequence[str], parameters: Sequence[str] = (), precision: Precision = "float32") -> None:
        self.precision = precision
        self.inputs = tuple(inputs)
        self._taken = {*inputs, *parameters}
        self.result = "y" if "y" not in self._taken else self._free("result")
        self._taken.add(self.result)
        self.used: list[Part] = []
        self.tensors: dict[str, np.ndarray[Any, Any]] = {}
        self._numbers: dict[object, str] = {}

    def add(
        self,
        operator: str,
        operands: Sequence[str],
        attributes: Mapping[str, Any] | None = None,
        result: str = "",
    ) -> str:
        """Use an operator; gives the name of its result."""
        name = result or self._free(f"v{len(self.used)}")
        results = (name, self._free(f"{name}_too")) if operator in PAIRS else (name,)
        self.used.append(Part(operator, tuple(operands), dict(attributes or {}), results))
        return name

    def finish(self, value: str) -> None:
        """Make a value the output."""
        if self.used and self.used[-1].results == (value,):
            self.used[-1] = self.used[-1]._replace(results=(self.result,))
        else:
            self.add("Identity", [value], result=self.result)

    def number(self, value: float) -> str:
        """A number; gives its name."""
        return self._constant(np.array(value, dtype=self.precision))

    def whole(self, *values: int) -> str:
        """Whole numbers in one tensor of rank 1, as shapes and axes are."""
        return self._constant(np.array(values, dtype=np.int64))

    def index(self, value: int) -> str:
        """A whole number."""
        return self._constant(np.array(value, dtype=np.int64))

    def truth(self, value: bool) -> str:
        """A truth value."""
        return self._constant(np.array(value))

    def parameter(self, name: str, value: float) -> str:
        """A number that training may change, under its own name."""
        return self.tensor(name, value)

    def tensor(self, name: str, values: ArrayLike) -> str:
        """Numbers under a name of their own."""
        self.tensors[name] = np.array(values, dtype=self.precision)
        return name

    def _constant(self, array: np.ndarray[Any, Any]) -> str:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._numbers:
            name = self._free(f"c{len(self._numbers)}")
            self._numbers[key] = name
            self.tensors[name] = array
        return self._numbers[key]

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
