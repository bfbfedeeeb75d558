"""A trained network as an ONNX file, checked against torch. Needs the extra `onnx`."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from activations.errors import DataError, MissingExtraError
from activations.files import require_free, write_atomically
from activations.networks.torch_module import torch_module

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["has_onnx", "onnx_bytes", "require_onnx", "write_onnx"]

NEEDED = ("onnx", "onnxscript")
CHECKED = 1000  # points
TOLERANCES = {"float32": 1e-4, "float64": 1e-9}  # relative to the largest value


def has_onnx() -> bool:
    """Whether the extra is installed."""
    return not _missing()


def require_onnx() -> None:
    """Refuse what needs the extra where it is not installed.

    Raises:
        MissingExtraError: it is not installed, or is broken.
    """
    missing = _missing()
    if missing:
        raise MissingExtraError(
            f"ONNX needs {' and '.join(missing)}; install the extra: pip install 'torch-activations[onnx]'"
        )
    try:
        with _silence():
            for name in NEEDED:
                importlib.import_module(name)
    except Exception as error:  # built for another numpy, a package raises whatever it likes
        raise MissingExtraError(
            f"the extra onnx is broken: {type(error).__name__}: {error}; "
            "install it again: pip install 'torch-activations[onnx]'"
        ) from error


def write_onnx(fit: Fit, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a network as ONNX: input "x" [points, inputs], output "y", both in the target's units.

    Raises:
        MissingExtraError: the extra is not installed, or is broken.
        DataError: what was exported does not give the numbers that torch gives.
        OutputExistsError: the file exists and may not be overwritten.
        OSError: it can't be written.
    """
    require_onnx()
    require_free(path, overwrite=overwrite)
    return write_atomically(path, onnx_bytes(fit), overwrite=overwrite)


def onnx_bytes(fit: Fit) -> bytes:
    """The content of the file, checked by onnx's own evaluator at points of the domain.

    Raises:
        MissingExtraError: the extra is not installed, or is broken.
        DataError: the numbers are not those of torch.
    """
    require_onnx()
    module = torch_module(fit)
    inputs = _inputs(fit)
    try:
        with _silence():
            program: Any = torch.onnx.export(
                module,
                (inputs,),
                input_names=["x"],
                output_names=["y"],
                dynamic_shapes=({0: torch.export.Dim("points")},),
                dynamo=True,
                verbose=False,
            )
            data: bytes = program.model_proto.SerializeToString()
            found = _evaluated(data, inputs.numpy())
    except ImportError as error:
        raise MissingExtraError(f"the extra onnx is broken: {error}; install it again") from None
    with torch.no_grad():
        wanted = module(inputs).numpy()
    size = float(np.abs(wanted).max()) or 1.0
    difference = float(np.abs(found - wanted).max()) / size
    if not difference <= TOLERANCES[fit.settings.precision]:
        raise DataError(
            f"the ONNX model differs from torch by {difference:.1g} of the largest value; it is not written"
        )
    return data


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Without what the exporter prints, logs and warns of: steps, and packages that nothing here uses."""
    before = logging.root.manager.disable
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)


def _evaluated(data: bytes, inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    onnx = importlib.import_module("onnx")
    evaluator = importlib.import_module("onnx.reference").ReferenceEvaluator
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    (found,) = evaluator(model).run(None, {"x": inputs})
    return np.asarray(found)


def _inputs(fit: Fit) -> torch.Tensor:
    """Points over the whole domain, the same each time."""
    low, high = np.array(fit.target.domain, dtype=np.float64).T
    unit = np.random.Generator(np.random.Philox(0)).random((CHECKED, fit.network.inputs))
    return torch.as_tensor(low * (1 - unit) + high * unit, dtype=getattr(torch, fit.settings.precision))


def _missing() -> list[str]:
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]
