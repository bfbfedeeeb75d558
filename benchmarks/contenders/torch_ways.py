"""Our two engines, the usual loop, and `torch.func`."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from activations.errors import BuildError
from activations.fitting.engine import Batch, train
from activations.fitting.fused.builds import trainer
from contenders.problem import Array, Contender, Problem, torch_function

__all__ = ["FUNCTIONAL", "LOOP", "NATIVE", "OURS", "batch_of", "loop_on"]


def batch_of(problem: Problem, device: str = "cpu") -> Batch:
    """The problem for the engine."""
    x, y = (torch.from_numpy(part).to(device) for part in problem.data)
    return Batch(
        problem.network,
        x.expand(problem.runs, -1, -1).contiguous(),
        y.expand(problem.runs, -1, -1).contiguous(),
        torch.from_numpy(problem.rows).to(device),
        torch.full((problem.runs,), problem.rate, dtype=torch.float64).to(device, getattr(torch, problem.precision)),
        problem.steps,
        problem.recipe,
        seeds=(0,) * problem.runs,
    )


class _Function(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def _model(problem: Problem, run: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    layers = problem.layers_of(problem.rows[run])
    for index, (weight, bias) in enumerate(layers):
        linear = nn.Linear(*weight.shape)
        linear.weight.data = torch.from_numpy(weight.T.copy())
        linear.bias.data = torch.from_numpy(bias.copy())
        parts.append(linear)
        if index + 1 < len(layers):
            parts.append(_Function(torch_function(problem)))
    return nn.Sequential(*parts)


def _row(problem: Problem, model: nn.Module) -> Array:
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    return problem.row_of([(m.weight.detach().cpu().numpy().T, m.bias.detach().cpu().numpy()) for m in linears])


def loop_on(problem: Problem, device: str = "cpu") -> Array:
    """Train the first network by the usual loop; the trained row."""
    model = _model(problem, 0).to(device)
    x, y = (torch.from_numpy(part).to(device) for part in problem.data)
    kind = torch.optim.Adam if problem.optimizer == "adam" else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=problem.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: problem.recipe.factor(step, problem.steps))
    order = torch.from_numpy(problem.order).to(device)
    losses = []
    for step in range(problem.steps):
        optimizer.zero_grad()
        if problem.batch is None:
            loss = nn.functional.mse_loss(model(x), y)
        else:
            loss = nn.functional.mse_loss(model(x[order[step]]), y[order[step]])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return _row(problem, model)


def _functional(problem: Problem) -> Callable[[], Array]:
    models = [_model(problem, run) for run in range(problem.runs)]
    base = copy.deepcopy(models[0]).to("meta")
    x, y = map(torch.from_numpy, problem.data)

    def loss(parameters: dict[str, Tensor]) -> Tensor:
        return nn.functional.mse_loss(torch.func.functional_call(base, parameters, (x,)), y)

    gradient = torch.func.vmap(torch.func.grad(loss))

    def run() -> Array:
        stacked, _ = torch.func.stack_module_state(models)
        values = {name: value.detach().clone() for name, value in stacked.items()}
        optimizer = torch.optim.Adam(values.values(), lr=problem.rate, foreach=True)
        for step in range(problem.steps):
            optimizer.param_groups[0]["lr"] = problem.rate_at(step)
            for name, found in gradient(values).items():
                values[name].grad = found
            optimizer.step()
        layers = range(0, 2 * len(problem.hidden) + 1, 2)
        return problem.row_of(
            [(values[f"{i}.weight"].transpose(1, 2).numpy(), values[f"{i}.bias"].numpy()) for i in layers]
        )

    return run


def _ours(problem: Problem) -> Callable[[], Array]:
    batch = batch_of(problem)
    return lambda: train(batch).parameters.numpy()


def _native(problem: Problem) -> Callable[[], Array]:
    batch = batch_of(problem)
    return lambda: train(batch, engine="native").parameters.numpy()


def _nothing(problem: Problem) -> None:
    return None


def _without_compiler(problem: Problem) -> str | None:
    try:
        trainer("float32")
    except BuildError as error:
        return error.message
    return None


def _other_than_adam(problem: Problem) -> str | None:
    return None if problem.optimizer == "adam" and problem.batch is None else "written for Adam on all points"


NATIVE = Contender("native", _without_compiler, _native)
OURS = Contender("batched", _nothing, _ours)
LOOP = Contender("loop", _nothing, lambda problem: lambda: np.asarray(loop_on(problem))[None], one=True)
FUNCTIONAL = Contender("torch.func", _other_than_adam, _functional)
