"""jax: all steps of all networks in one compiled program."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from contenders.problem import Array, Contender, Problem

__all__ = ["JAX"]

ACTIVATIONS = ("relu", "tanh", "gelu", "sine", "silu", "sigmoid", "softplus")


def _obstacle(problem: Problem) -> str | None:
    if importlib.util.find_spec("jax") is None:
        return "jax is not installed"
    if problem.activation not in ACTIVATIONS:
        return f"no {problem.activation} among those that we know how to write in jax"
    return None


def _function(name: str) -> Callable[[Any], Any]:
    import jax
    import jax.numpy as jnp

    if name == "gelu":
        return lambda x: jax.nn.gelu(x, approximate=False)
    found: Callable[[Any], Any] = {"tanh": jnp.tanh, "sine": jnp.sin}.get(name) or getattr(jax.nn, name)
    return found


def _prepare(problem: Problem) -> Callable[[], Array]:
    # Before the first import: one thread, as everybody else here.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # leaves float32 arrays as they are
    activation = _function(problem.activation)
    x, y = map(jnp.asarray, problem.data)
    rates = jnp.asarray([problem.rate_at(step) for step in range(problem.steps)], x.dtype)
    counts = jnp.arange(1, problem.steps + 1, dtype=x.dtype)

    order = jnp.asarray(problem.order)

    def loss(layers: Any, chosen: Any) -> Any:
        values, wanted = (x, y) if problem.batch is None else (x[chosen], y[chosen])
        for weight, bias in layers[:-1]:
            values = activation(values @ weight + bias)
        return jnp.mean((values @ layers[-1][0] + layers[-1][1] - wanted) ** 2)

    def step(state: Any, now: Any) -> Any:
        layers, first, second = state
        rate, count, chosen = now
        gradient = jax.grad(loss)(layers, chosen)
        if problem.optimizer == "sgd":
            return (jax.tree.map(lambda p, g: p - rate * g, layers, gradient), first, second), None
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        mean, size = 1 - 0.9**count, 1 - 0.999**count
        layers = jax.tree.map(
            lambda p, m, v: p - rate * (m / mean) / (jnp.sqrt(v / size) + 1e-8), layers, first, second
        )
        return (layers, first, second), None

    def run_one(layers: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, layers)
        return jax.lax.scan(step, (layers, zeros, zeros), (rates, counts, order))[0][0]

    start = [(jnp.asarray(weight), jnp.asarray(bias)) for weight, bias in problem.layers_of(problem.rows)]
    compiled = jax.jit(jax.vmap(run_one)).lower(start).compile()

    def run() -> Array:
        trained = jax.block_until_ready(compiled(start))
        return problem.row_of([(np.asarray(weight), np.asarray(bias)) for weight, bias in trained])

    return run


JAX = Contender("jax", _obstacle, _prepare)
