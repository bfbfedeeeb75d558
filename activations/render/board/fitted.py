"""The log of one fit: its training and test losses in one chart, the picture, and its row in a table of fits.

Several such folders below one make a comparison: `tensorboard --logdir` takes the folder above.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from activations.render.board.extra import require_tensorboard
from activations.render.board.pictures import add_figure
from activations.render.board.places import write_log
from activations.render.fits_single import draw_fit
from activations.render.html import visible

if TYPE_CHECKING:
    from activations.networks.fit import Fit
    from activations.render.board.events import Value

__all__ = ["fit_log", "write_fit"]


def write_fit(fit: Fit, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the log of a fit.

    Args:
        fit: with its history.
        folder: where to write; it is made if it is missing, its parent must exist.
        overwrite: replace a log.

    Raises:
        MissingExtraError: the extra `tensorboard` is not installed, or is broken.
        OutputExistsError: the folder holds a log that may not be replaced; then nothing is written.
        OSError: the folder can't be made, or the disk is full.
    """
    return write_log(folder, fit_log(fit), overwrite=overwrite)


def fit_log(fit: Fit) -> Mapping[str, bytes]:
    """The event files of the runs "training" and "test".

    Raises:
        MissingExtraError: the extra `tensorboard` is not installed, or is broken.
    """
    require_tensorboard()
    from activations.render.board.events import Events

    training, test = Events(), Events()
    rate = fit.seconds / max(1, fit.step)
    for events, losses in ((training, fit.training_losses), (test, fit.test_losses)):
        events.add_curve("loss", zip(fit.steps.tolist(), losses.tolist(), strict=True), rate)
    facts = _hyperparameters(fit)
    errors = fit.errors() if len(fit.test) else None
    found = {} if errors is None else {"error/rmse": errors.rmse}
    if errors is not None and errors.r2 is not None:
        found["error/nrmse"] = errors.relative
    test.add_experiment(facts, [(tag, f"test {tag.partition('/')[2].upper()}") for tag in found])
    test.add_hyperparameters(facts, failed=fit.state == "diverged", seconds=fit.seconds)
    for tag, value in found.items():
        test.add_number(tag, value, fit.step, fit.seconds)
    add_figure(test, "fit", draw_fit(fit))
    return {"training": training.to_bytes(), "test": test.to_bytes()}


def _hyperparameters(fit: Fit) -> dict[str, Value]:
    settings = fit.settings
    tuned: dict[str, Value] = {} if settings.learning_rate is None else {"learning_rate": settings.learning_rate}
    return {
        "target": visible(fit.target.name),
        "activation": visible(fit.label),
        "hidden": "-".join(map(str, fit.network.hidden)),
        "optimizer": settings.recipe.words,
        **tuned,
        "steps": settings.steps,
        "seed": settings.seed,
    }
