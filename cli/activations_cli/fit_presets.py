"""What `activations fit --preset` shows beside the fit, and the gallery that `--preset all` writes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from activations_cli.defaults import is_typed
from activations_cli.output import Cell, Column, Output, significant

if TYPE_CHECKING:
    from activations.networks.fit import Fit
    from activations.networks.summary import Summary

__all__ = ["ALL", "preset_facts", "show_preset", "write_presets"]

ALL = "all"
WITH_ALL = {"preset", "folder", "force"}


def write_presets(output: Output, context: click.Context, folder: Path | None, force: bool) -> None:
    """Train all presets and write their gallery; print the file to open.

    Raises:
        click.UsageError: no folder is named, or an option is given that all presets can't have.
    """
    own = {parameter.name for parameter in context.command.params if parameter.expose_value}
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in own - WITH_ALL and is_typed(context, name):
            raise click.UsageError(
                f"{parameter.opts[0]} makes no sense with --preset {ALL}: each has its own settings."
            )
    if folder is None:
        raise click.UsageError(f"--preset {ALL} writes a gallery; name its folder with -o DIR.")

    from activations.render.fit_gallery import write_fit_gallery

    with output.progress() as advance:
        opened = write_fit_gallery(folder, overwrite=force, progress=advance)
    output.line(str(opened))


def preset_facts(name: str, fit: Fit) -> dict[str, Any]:
    """What a preset adds to a fit, for strict JSON."""
    from activations.networks.presets import preset_named

    preset = preset_named(name)
    found: dict[str, Any] = {
        "name": preset.name,
        "given": preset.given,
        "chosen": preset.chosen,
        "reported_loss": preset.reported,
    }
    if preset.summarised:
        found |= {part: asdict(summary) for part, summary in _summaries(fit).items()}
    return found


def show_preset(output: Output, name: str, fit: Fit) -> None:
    """What the article says, and what the predictions come to where it asks for that."""
    from activations.networks.presets import preset_named

    preset = preset_named(name)
    output.line()
    if preset.reported is not None:
        output.line(f"loss {significant(float(fit.training_losses[-1]))}; the article reports {preset.reported:g}")
    if preset.summarised:
        columns = [Column("", key=True), *(Column(part, "right") for part in ("data", "predictions"))]
        data, predicted = _summaries(fit).values()
        rows: list[list[Cell]] = [
            [title, significant(getattr(data, field), 4), significant(getattr(predicted, field), 4)]
            for title, field in (
                ("mean", "mean"),
                ("median", "median"),
                ("mode, of whole numbers", "mode"),
                ("standard deviation", "deviation"),
            )
        ]
        output.table(columns, rows)
        output.line()
    output.line(f"The article: {preset.given}", "dim")
    output.line(f"Chosen here: {preset.chosen}", "dim")


def _summaries(fit: Fit) -> dict[str, Summary]:
    """The values at the training points, and the predictions there."""
    from activations.networks.summary import summarise

    predicted = fit.predict(fit.training.x)
    return {"data": summarise(fit.training.y[:, 0].tolist()), "predictions": summarise(predicted[:, 0].tolist())}
