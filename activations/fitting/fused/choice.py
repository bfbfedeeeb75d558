"""Which engine trains a batch."""

from __future__ import annotations

from activations.fitting.engine import Batch, Engine
from activations.fitting.fused.kernels import Kernels, obstacle
from activations.fitting.network import Network
from activations.fitting.precision import precision_of
from activations.fitting.settings import SettingError

__all__ = ["fused_is_chosen", "fused_is_faster"]

# A weight matrix of more numbers does not stay in a core's cache while it is used: there torch's products win.
CACHED_WEIGHTS = 256 * 256


def fused_is_faster(network: Network) -> bool:
    """Whether the fused engine trains such networks in less time than the batched one, by measurement.

    `benchmarks/engines.py` prints what this rests on. Up to widths of 256 it is faster for every activation.
    """
    return all(layer.inputs * layer.outputs <= CACHED_WEIGHTS for layer in network.layers)


def fused_is_chosen(batch: Batch, device: str, engine: Engine) -> bool:
    """Whether the fused engine trains a batch.

    Args:
        batch: the runs.
        device: where to train.
        engine: "native" for this engine or an error, "auto" where it is faster and compiled already.

    Raises:
        SettingError: it was asked for and can't train the batch.
    """
    precision = precision_of(batch.parameters)
    if engine == "auto":
        if not fused_is_faster(batch.network):
            return False
        return Kernels().readiness(batch.network, batch.recipe, device, precision) == "ready"
    reason = obstacle(batch.network, batch.recipe, device, precision)
    if reason:
        raise SettingError(f"engine='native' can't train this: {reason}; write engine='batched'")
    return True
