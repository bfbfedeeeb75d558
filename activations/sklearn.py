"""Estimators for scikit-learn: small networks with any activation, trained by the engine of `activations.fit`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from activations.declare import Variant
from activations.errors import MissingExtraError
from activations.fitting.devices import resolve_device, steady_arithmetic
from activations.fitting.engine import Batch, predict, train
from activations.fitting.initialisation import Initialisation, initial_parameters
from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.recipe import Loss, Optimizer, Recipe, Schedule
from activations.fitting.scaling import Scaling
from activations.networks.settings import FitSettings, Precision
from activations.registry import default_registry

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except Exception as error:  # a package that was built for another numpy raises no ImportError
    raise MissingExtraError(
        f"these estimators need scikit-learn 1.6 or newer ({error}); run: pip install 'torch-activations[sklearn]'"
    ) from error

__all__ = ["ActivationClassifier", "ActivationRegressor"]

MAX_SEED = 2**31 - 1
CHUNK = 4_000_000  # values of the widest layer that are computed at once


class _ActivationEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both estimators share: their parameters, the training and the outputs of the network."""

    def __init__(
        self,
        activation: str | Variant = "tanh",
        *,
        hidden: Sequence[int] = (32,),
        optimizer: Optimizer = "adam",
        learning_rate: float | None = None,
        steps: int = 1000,
        batch_size: int | None = None,
        schedule: Schedule = "cosine",
        loss: Loss = "squares",
        initialisation: Initialisation = "moments",
        precision: Precision = "float32",
        device: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.activation = activation
        self.hidden = hidden
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.steps = steps
        self.batch_size = batch_size
        self.schedule = schedule
        self.loss = loss
        self.initialisation = initialisation
        self.precision = precision
        self.device = device
        self.random_state = random_state

    def _train(self, x: Array, y: Array, classes: int) -> None:
        """Train a network on values [points, outputs], or on class numbers [points]."""
        state = self.random_state
        seed = int(state) if isinstance(state, int | np.integer) else check_random_state(state).randint(MAX_SEED)
        batch_size = None if self.batch_size is None else min(self.batch_size, len(x))
        settings = FitSettings(
            hidden=tuple(self.hidden),
            learning_rate=self.learning_rate,
            steps=self.steps,
            recipe=Recipe(self.optimizer, self.schedule, self.loss, batch_size),
            seed=seed,
            initialisation=self.initialisation,
            precision=self.precision,
        )
        variant = default_registry().variant(self.activation) if isinstance(self.activation, str) else self.activation
        self.network_ = Network(x.shape[1], settings.hidden, classes or y.shape[1], variant)
        low, high = x.min(axis=0), x.max(axis=0)
        flat = low == high  # a column of one value is mapped to 0
        size = np.maximum(np.abs(low), 1.0)
        domain = tuple(zip(np.where(flat, low - size, low), np.where(flat, high + size, high), strict=True))
        self.scaling_ = Scaling.of(domain, np.array([[-1.0], [1.0]]) if classes else y)
        dtype = getattr(torch, self.precision)
        targets = torch.as_tensor(y) if classes else torch.as_tensor(self.scaling_.value_to_network(y), dtype=dtype)
        start = initial_parameters(self.network_, seed, mode=settings.initialisation)
        batch = Batch(
            network=self.network_,
            inputs=torch.as_tensor(self.scaling_.input_to_network(x), dtype=dtype)[None],
            targets=targets[None],
            parameters=torch.as_tensor(start, dtype=dtype)[None],
            learning_rates=torch.tensor([settings.learning_rate or 1.0], dtype=dtype),
            steps=settings.steps,
            recipe=Recipe(self.optimizer, self.schedule, "cross-entropy" if classes else self.loss, batch_size),
            seeds=(seed,),
        )
        with steady_arithmetic():
            trained = train(batch, resolve_device(self.device))
        self.parameters_ = trained.parameters[0].numpy()
        self.n_iter_ = int(trained.steps[0])
        self.loss_ = float(trained.losses[-1, 0])
        if self.n_iter_ < settings.steps:
            warnings.warn(
                f"the gradient was not finite at step {self.n_iter_} of {settings.steps}; choose a smaller "
                "learning_rate",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _outputs(self, x: Any) -> Array:
        """The network's outputs in its own units, computed in float64: they depend on no other row."""
        check_is_fitted(self, "parameters_")
        inputs = validate_data(self, x, dtype=np.float64, reset=False)
        row = torch.from_numpy(self.parameters_).double()[None]
        scaled = torch.as_tensor(self.scaling_.input_to_network(inputs), dtype=torch.float64)[None]
        size = max(1, CHUNK // max(layer.outputs for layer in self.network_.layers))
        parts = [
            predict(self.network_, row, scaled[:, first : first + size])[0] for first in range(0, len(inputs), size)
        ]
        outputs: Array = torch.cat(parts).numpy()
        return outputs


class ActivationRegressor(RegressorMixin, _ActivationEstimator):  # type: ignore[misc]
    """A small network with a chosen activation that learns values.

    Inputs are mapped to [-1, 1] and values standardised inside; what goes in and comes out is in the data's units.

    Args:
        activation: a name such as "mish", a label with settings ("sigmoid:beta=2"), a formula in x, or a variant.
        hidden: widths of the hidden layers.
        optimizer: "adam", "adamw", "sgd", "momentum", "lbfgs" or "lm" (with `precision="float64"`).
        learning_rate: at the first step; None for the optimizer's default.
        steps: of the optimizer.
        batch_size: points per step; None for all.
        schedule: of the learning rate: "cosine", "constant" or "step".
        loss: "squares" or "huber".
        initialisation: "moments", which suits the activation, or "torch".
        precision: "float32" or "float64".
        device: "auto", "cpu", "cuda", …
        random_state: an integer fixes initial weights and minibatches.

    Attributes:
        network_: the architecture with its activation.
        parameters_: the flat row of trained parameters.
        scaling_: between the data's units and the network's.
        loss_: the last training loss that was looked at, in the network's units.
        n_iter_: number of steps made.
        n_features_in_: number of inputs.
    """

    def fit(self, X: Any, y: Any) -> ActivationRegressor:  # noqa: N803  # scikit-learn's name
        """Train on inputs [samples, features] and values [samples] or [samples, outputs].

        Raises:
            ValueError: the data are not such numbers.
            ActivationsError: a parameter can't be used.
        """
        x, values = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._single = values.ndim == 1
        values = np.asarray(values, dtype=np.float64)
        self._train(x, values[:, None] if self._single else values, 0)
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The values [samples], or [samples, outputs] if it was trained on such."""
        values = self.scaling_.value_from_network(outputs) if len(outputs := self._outputs(X)) else outputs
        return values[:, 0] if self._single else values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class ActivationClassifier(ClassifierMixin, _ActivationEstimator):  # type: ignore[misc]
    """A small network with a chosen activation that learns classes by their cross-entropy.

    Its arguments and attributes are those of `ActivationRegressor`; the loss is not used.

    Attributes:
        classes_: the classes in order.
    """

    def fit(self, X: Any, y: Any) -> ActivationClassifier:  # noqa: N803
        """Train on inputs [samples, features] and classes [samples].

        Raises:
            ValueError: the data are not numbers and classes.
            ActivationsError: a parameter can't be used.
        """
        x, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        self._train(x, numbers.astype(np.int64), len(self.classes_))
        return self

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class [samples, classes], in the order of `classes_`."""
        shares: Array = torch.softmax(torch.from_numpy(self._outputs(X)), dim=-1).numpy()
        return shares

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The likeliest class of each sample."""
        outputs = self._outputs(X)
        classes: Array = self.classes_[outputs.argmax(axis=1)]
        return classes
