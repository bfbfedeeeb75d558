"""Trained networks as safetensors files. What is read may come from anywhere: nothing in it is run or trusted."""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from activations.benchmark.statistics import finite_or_none
from activations.benchmark.store.definitions import read_variant, write_target, write_variant
from activations.declare import Variant
from activations.errors import ActivationsError, DataError
from activations.files import write_atomically
from activations.fitting.network import Network, read_hidden
from activations.fitting.points import Array, Points
from activations.fitting.recipe import Recipe
from activations.fitting.scaling import Scaling, Unscaled
from activations.fitting.settings import require_count
from activations.fitting.table import MAX_CLASSES, Table
from activations.fitting.target import NoiseKind, Sampling, Target
from activations.fitting.weights import read_weights, weight_shapes, write_weights
from activations.networks.division import divide
from activations.networks.settings import FitSettings
from activations.registry import default_registry

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["KEY", "VERSION", "is_model", "read_model", "write_model"]

KEY = "activations.fit"  # in the header's metadata
VERSION = 1
MAX_HEADER = 8_000_000  # bytes
MAX_BYTES = 4 * 2**30
MAX_COLUMNS = 10_000  # inputs or outputs
MAX_DRAWN = 1_000_000  # points of a function that are drawn again
MAX_TEXT = 4000
MAX_LOOKS = 100_000
DTYPES = {"float32": "F32", "float64": "F64"}


def write_model(fit: Fit, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a fit without its data; see `activations.networks.fit.Fit.save`.

    Raises:
        OutputExistsError: the file exists and may not be overwritten.
        OSError: it can't be written.
    """
    return write_atomically(path, model_bytes(fit), overwrite=overwrite)


def model_bytes(fit: Fit) -> bytes:
    """The content of a model file: the weights by name, and in the header how they are used."""
    network, target = fit.network, fit.target
    if target.table is not None:
        target = replace(target, table=replace(target.table, x=(), y=()))
    scaling = fit.scaling
    about = {
        "version": VERSION,
        "network": {
            "inputs": network.inputs,
            "hidden": list(network.hidden),
            "outputs": network.outputs,
            "biases": network.biases,
            "variant": _variant_dict(network.variant),
            "own": [None if variant is None else _variant_dict(variant) for variant in network.own],
        },
        "scaling": {
            "low": scaling.low.tolist(),
            "high": scaling.high.tolist(),
            "magnitude": scaling.magnitude.tolist(),
            "mean": scaling.mean.tolist(),
            "deviation": scaling.deviation.tolist(),
        },
        "target": json.loads(write_target(target)),
        "digest": fit.target.digest,
        "settings": fit.settings.to_dict(),
        "state": fit.state,
        "step": fit.step,
        "device": fit.device,
        "seconds": fit.seconds,
        "history": {
            "steps": [int(step) for step in fit.steps],
            "training_losses": [finite_or_none(loss) for loss in fit.training_losses],
            "test_losses": [finite_or_none(loss) for loss in fit.test_losses],
        },
    }
    return write_weights(network, fit.parameters, {KEY: json.dumps(about, allow_nan=False)})


def _variant_dict(variant: Variant) -> dict[str, Any]:
    return {"label": variant.label, "digest": variant.digest, "definition": json.loads(write_variant(variant))}


def is_model(path: str | Path) -> bool:
    """Whether a file looks like a safetensors file by its first bytes, and not like text."""
    try:
        with open(path, "rb") as file:
            first = file.read(9)
    except OSError:
        return False
    return len(first) == 9 and first[8:] == b"{" and 2 <= int.from_bytes(first[:8], "little") <= MAX_HEADER


def read_model(path: str | Path) -> Fit:
    """Read a file that `write_model` has written.

    Raises:
        DataError: it holds no such network, or what it holds contradicts itself.
        OSError: it can't be read, or is no regular file.
    """
    name = os.path.basename(os.fspath(path))
    header, about, data = _read(path, name)
    try:
        return _fit(header, about, data)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    except KeyError as error:
        raise DataError(f"{name}: the header of the model lacks {error}; write the file again") from None
    except (ActivationsError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        text = " ".join(str(error).split())[:300]
        raise DataError(f"{name}: the model can't be read: {text}") from None


def _read(path: str | Path, name: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The tensors' header, what is said about them, and the whole file."""
    # Ask before opening: opening a FIFO would wait for its writer.
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if status.st_size > MAX_BYTES:
        raise DataError(f"{name}: {status.st_size:,} bytes, the limit is {MAX_BYTES:,}")
    foreign = f"{name}: no model of 'activations fit'"
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(MAX_HEADER, status.st_size - 8):
            raise DataError(f"{foreign}: it is no safetensors file, or a damaged one")
        content = file.read(length)
        try:
            header = json.loads(content)
            metadata = header.pop("__metadata__", {})
            about = json.loads(metadata[KEY])
        except KeyError:
            raise DataError(f"{foreign}: its header has no {KEY!r}") from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise DataError(f"{foreign}: its header can't be read") from None
        if not isinstance(about, dict) or about.get("version") != VERSION:
            version = about.get("version") if isinstance(about, dict) else None
            raise DataError(f"{name}: the model has version {version!r:.40}, this release reads {VERSION}")
        rest = file.read()
    return header, about, length.to_bytes(8, "little") + content + rest


def _fit(header: dict[str, Any], about: dict[str, Any], data: bytes) -> Fit:
    from activations.networks.fit import Fit

    settings = _settings(about["settings"])
    network = _network(about["network"])
    target = _target(about["target"], network)
    _check_tensors(header, network, settings)
    parameters = read_weights(network, data)
    if not np.isfinite(parameters).all():
        raise DataError("the model holds weights that are not finite; fit again with a lower learning rate")
    if not network.biases and any(parameters[layer.bias : layer.theta].any() for layer in network.layers):
        raise DataError("the model has no biases, and yet some that are not 0")
    scaling = _scaling(about["scaling"], network, target, settings)
    training, test = _points(target, settings)
    history = about["history"]
    steps = _numbers("steps", history["steps"])
    losses = [_numbers(name, history[name], missing=True) for name in ("training_losses", "test_losses")]
    if not len(steps) == len(losses[0]) == len(losses[1]) <= MAX_LOOKS:
        raise DataError("the model's history has parts of different lengths")
    if about["state"] not in ("finished", "diverged", "interrupted"):
        raise DataError(f"the model has the state {about['state']!r:.40}")
    return Fit(
        target=target,
        network=network,
        settings=settings,
        scaling=scaling,
        parameters=parameters,
        training=training,
        test=test,
        steps=steps.astype(np.int64),
        training_losses=losses[0],
        test_losses=losses[1],
        state=about["state"],
        step=require_count("step", about["step"], 0, 2**62),
        device=_text("device", about["device"]),
        seconds=_number("seconds", about["seconds"]),
    )


def _settings(fields: dict[str, Any]) -> FitSettings:
    known = dict(fields)
    recipe = {name: value for name, value in known.pop("recipe").items() if value is not None}
    if recipe.get("schedule") is None:
        recipe.pop("schedule", None)
    return FitSettings(**{**known, "hidden": tuple(known["hidden"]), "recipe": Recipe(**recipe)})


def _network(fields: dict[str, Any]) -> Network:
    if not isinstance(fields["biases"], bool):
        raise DataError("the model does not tell whether it has biases")
    hidden = read_hidden(fields["hidden"])
    own = tuple(None if item is None else _variant(item) for item in fields["own"])
    if own and len(own) != len(hidden):
        raise DataError(f"the model has {len(own)} activations for {len(hidden)} hidden layers")
    return Network(
        require_count("inputs", fields["inputs"], 1, MAX_COLUMNS),
        hidden,
        require_count("outputs", fields["outputs"], 1, MAX_COLUMNS),
        _variant(fields["variant"]),
        own,
        fields["biases"],
    )


def _variant(fields: dict[str, Any]) -> Variant:
    label = _text("activation", fields["label"])
    definition = fields["definition"]
    if len(definition["inputs"]) > 2 or len(definition["values"]) > 100:
        raise DataError(f"the model's activation {label[:80]!r} has too many inputs or parameters")
    try:
        return read_variant(json.dumps(definition), label, _text("digest", fields["digest"]), default_registry())[0]
    except ActivationsError as error:
        reason = str(error).rpartition(": ")[2]
        raise DataError(f"the model's activation {label[:80]!r} can't be made from its formula: {reason}") from None


def _target(fields: dict[str, Any], network: Network) -> Target:
    """What was fitted, without the rows of a table and without a Python function."""
    table = fields["table"]
    domain = tuple((_number("domain", low), _number("domain", high)) for low, high in fields["domain"])
    if len(domain) != network.inputs or not all(low < high for low, high in domain):
        raise DataError(f"the model has {network.inputs} inputs and the domain {str(domain)[:80]}")
    if fields["sampling"] not in get_args(Sampling) or fields["noise_kind"] not in get_args(NoiseKind):
        raise DataError("the model's target has an unknown kind of points or of noise")
    classes = require_count("classes", fields["classes"], 0, MAX_CLASSES)
    target = Target(
        name=_text("name", fields["name"]),
        domain=domain,
        formula=_text("formula", fields["formula"]),
        points=require_count("points", fields["points"], 1, 2**62),
        sampling=fields["sampling"],
        noise=_number("noise", fields["noise"]),
        noise_kind=fields["noise_kind"],
        noise_profile=_text("noise_profile", fields["noise_profile"]),
        title=_text("title", fields["title"]),
        extrapolation=tuple((_number("domain", low), _number("domain", high)) for low, high in fields["extrapolation"]),
        classes=classes,
        outputs=require_count("outputs", fields["outputs"], 1, MAX_COLUMNS),
        table=None if table is None else _table(table, network.inputs, classes),
    )
    if network.outputs != target.network_outputs:
        raise DataError(f"the model has {network.outputs} outputs, its target {target.network_outputs}")
    if len(target.variables) != network.inputs:
        raise DataError(f"the model has {network.inputs} inputs, its target {len(target.variables)}")
    return target


def _table(fields: dict[str, Any], inputs: int, classes: int) -> Table:
    names = tuple(_text("column", name) for name in fields["x_names"])
    labels = tuple(_text("class", name) for name in fields["classes"])
    if len(names) != inputs or len(labels) != classes:
        raise DataError(
            f"the model names {len(names)} inputs and {len(labels)} classes, and has {inputs} and {classes}"
        )
    return Table(_text("name", fields["name"]), names, _text("column", fields["y_name"]), (), (), 0, labels)


def _scaling(fields: dict[str, Any], network: Network, target: Target, settings: FitSettings) -> Scaling:
    parts = {name: _numbers(name, fields[name]) for name in ("low", "high", "magnitude", "mean", "deviation")}
    outputs = 1 if target.classes else network.outputs
    if any(len(part) != (network.inputs if name in ("low", "high") else outputs) for name, part in parts.items()):
        raise DataError("the model's scaling is for another number of inputs or outputs")
    positive = (parts["magnitude"] > 0).all() and (parts["deviation"] > 0).all()
    if not positive or not (parts["low"] < parts["high"]).all():
        raise DataError("the model's scaling can't be undone")
    return (Unscaled if settings.scaling == "none" else Scaling)(**parts)


def _check_tensors(header: dict[str, Any], network: Network, settings: FitSettings) -> None:
    """Refuse tensors of other names, shapes or types before any is read."""
    wanted = weight_shapes(network)
    if set(header) != set(wanted):
        odd = sorted(set(header) ^ set(wanted))[0]
        raise DataError(f"the model's tensors are not those of its network: {odd[:80]!r}")
    for name, shape in wanted.items():
        if tuple(header[name]["shape"]) != shape:
            raise DataError(f"the model's tensor {name} has the shape {header[name]['shape']!s:.80}, not {list(shape)}")
        if header[name]["dtype"] != DTYPES[settings.precision]:
            raise DataError(f"the model's tensor {name} is {header[name]['dtype']!s:.20}, not {settings.precision}")


def _points(target: Target, settings: FitSettings) -> tuple[Points, Points]:
    """The points of a function or a generated data set, drawn again; none of a table or a Python function."""
    if target.table is None and target.sampling != "table" and target.has_values and target.points <= MAX_DRAWN:
        samples = divide(target, settings.seed, settings.split, settings.scaling)
        return samples.training, samples.test
    y = np.empty(0, dtype=np.int64) if target.classes else np.empty((0, target.outputs))
    none = Points(np.empty((0, target.dimension)), y)
    return none, none


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise DataError(f"the model's {name} is no text of at most {MAX_TEXT} characters")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DataError(f"the model's {name}={value!r:.40} is no finite number")
    return float(value)


def _numbers(name: str, values: Any, *, missing: bool = False) -> Array:
    if not isinstance(values, list):
        raise DataError(f"the model's {name} is no list of numbers")
    return np.array([math.nan if missing and value is None else _number(name, value) for value in values])
