"""The check of modules: fresh instances, copies, pickles, state."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import torch
from torch import nn

from activations.axis import AxisVariant
from activations.errors import CheckFailedError
from activations.nn import create
from activations.testing.axis.samples import inputs, rows
from activations.testing.outcome import Measured

__all__ = ["check_module"]


def check_module(variant: AxisVariant, make: Callable[[AxisVariant], nn.Module] = create) -> Measured:
    """Modules are fresh, have no state, agree with the function, copy and pickle, and name their settings.

    Args:
        variant: the function.
        make: what makes the module; given by the negative controls.
    """
    *_, group = rows(variant)
    x = inputs(variant, torch.tensor(group, dtype=torch.float64))
    want = variant(x)
    module = make(variant)
    if make(variant) is module:
        raise CheckFailedError("two calls of create give the same instance; make a fresh one each time")
    other = make(variant)
    other.load_state_dict(module.state_dict())
    seen = {
        "module": module,
        "deep copy": copy.deepcopy(module),
        "pickled module": pickle.loads(pickle.dumps(module)),
        "module loaded from state_dict": other,
        "module in evaluation": make(variant).eval(),
    }
    for name, one in seen.items():
        if not torch.equal(one(x), want):
            raise CheckFailedError(f"the {name} gives other values than the function")
    if module.state_dict():
        raise CheckFailedError(f"its state_dict holds {', '.join(module.state_dict())}; it has nothing to store")
    shown = [variant.activation.class_name, *(f"{name}={value}" for name, value in variant.values)]
    if any(word not in repr(module) for word in shown):
        raise CheckFailedError(f"repr {module!r} does not show {', '.join(shown)}")
    return Measured("fresh instances, deepcopy, pickle, state_dict, repr")
