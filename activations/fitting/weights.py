"""Trained parameters as a safetensors file in memory: named tensors that any framework reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activations.fitting.network import Network

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

__all__ = [
    "named_weights",
    "read_tensors",
    "read_weights",
    "weight_shapes",
    "write_tensors",
    "write_weights",
]


def named_weights(network: Network, row: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """The parameters of a network by name, in the order of the layers.

    Weights are named and laid out as in a `torch.nn.Sequential` of linear layers: `hidden.0.weight` [outputs, inputs],
    `hidden.0.bias`, …, `output.weight`, `output.bias`. The learnable parameters of a layer's activation have the shape
    [1], such as `hidden.0.activation.beta`.

    Args:
        network: the architecture.
        row: its parameters, shape [parameters].
    """
    import numpy as np

    tensors: dict[str, npt.NDArray[Any]] = {}
    for name, start, shape in _places(network):
        values = row[start : start + _size(shape)].reshape(shape)
        tensors[name] = np.atleast_1d(np.ascontiguousarray(values.T if values.ndim == 2 else values))
    return tensors


def weight_shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """The shapes of the parameters by name; see `named_weights`."""
    return {name: tuple(reversed(shape)) or (1,) for name, _, shape in _places(network)}


def write_weights(network: Network, row: npt.NDArray[Any], metadata: dict[str, str] | None = None) -> bytes:
    """The parameters of a network in the safetensors format; see `named_weights`.

    Args:
        network: the architecture.
        row: its parameters, shape [parameters].
        metadata: texts for the file's header.
    """
    from safetensors.numpy import save

    return save(named_weights(network, row), metadata)


def read_weights(network: Network, data: bytes) -> npt.NDArray[Any]:
    """The parameters of a network as a flat row, shape [parameters].

    Raises:
        ValueError: the bytes are no such file, or of another network.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        parts = [np.atleast_1d(tensors.pop(name)) for name, _, _ in _places(network)]
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"no weights of this network: {error}") from None
    row: npt.NDArray[Any] = np.concatenate([(part.T if part.ndim == 2 else part).ravel() for part in parts])
    if tensors or len(row) != network.parameters:
        raise ValueError(f"{len(row)} weights for {network.parameters} parameters")
    return row


def write_tensors(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Any tensors and some texts in the safetensors format."""
    from safetensors.torch import save

    return save(tensors, metadata)


def read_tensors(data: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and texts of a safetensors file.

    Raises:
        ValueError: the bytes are no such file.
    """
    import json

    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors: dict[str, Tensor] = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return tensors, header.get("__metadata__", {})
    except (SafetensorError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _places(network: Network) -> list[tuple[str, int, tuple[int, ...]]]:
    """Name, start and shape of each part of the flat row, in its order."""
    places: list[tuple[str, int, tuple[int, ...]]] = []
    for index, layer in enumerate(network.layers):
        prefix = "output" if layer.variant is None else f"hidden.{index}"
        places.append((f"{prefix}.weight", layer.weight, (layer.inputs, layer.outputs)))
        places.append((f"{prefix}.bias", layer.bias, (layer.outputs,)))
        if layer.variant is not None:
            places += [
                (f"{prefix}.activation.{name}", layer.theta + i, ()) for i, name in enumerate(layer.variant.learnable)
            ]
    return places


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
