"""The gallery of the presets: a folder with a picture of each, an animation, the numbers, a table and a page."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activations.files import require_free, write_atomically
from activations.networks.comparison import compare_activations
from activations.networks.fit import fit
from activations.networks.hand_check import check_by_hand
from activations.networks.presets import PRESETS
from activations.networks.summary import summarise
from activations.render.animation import write_animation
from activations.render.animation_pictures import pictures
from activations.render.animation_scene import scene_of
from activations.render.fit_gallery_words import FitEntry, FitPages, fit_page, fit_readme
from activations.render.fits_single import draw_fit
from activations.render.style import figure_bytes

if TYPE_CHECKING:
    from activations.networks.fit import Fit
    from activations.networks.presets import Preset

__all__ = ["ANIMATED", "write_fit_gallery"]

ANIMATED = "sine-deep"
FRAMES = 48
DOTS = 110.0  # per inch
COLOURS = 128  # of a picture
Advance = Callable[[int, int, str], None]


def write_fit_gallery(
    folder: str | os.PathLike[str],
    presets: Sequence[Preset] = tuple(PRESETS.values()),
    *,
    steps: int | None = None,
    frames: int = FRAMES,
    compare: bool = True,
    overwrite: bool = False,
    progress: Advance = lambda done, total, what: None,
) -> Path:
    """Train presets and write what came of them; each file appears whole, and the numbers last.

    Args:
        folder: where to write; it is made if it is missing.
        presets: what to train, at least one. The first of them is animated if "sine-deep" is not among them.
        steps: of each training; those of the preset if None.
        frames: of the animation.
        compare: also train ReLU against sigmoid over several seeds, which takes as long as all the rest.
        overwrite: replace files of an earlier gallery.
        progress: told how many parts are done, of how many, and what is going on.

    Returns:
        The file to open, index.html.

    Raises:
        ValueError: there is no preset.
        OutputExistsError: a file exists and may not be overwritten; nothing has been written then.
        OSError: the folder or a file can't be written.
    """
    if not presets:
        raise ValueError("there is nothing to fit; give at least one preset")
    root = Path(folder)
    animated = next((preset for preset in presets if preset.name == ANIMATED), presets[0])
    drawn = {preset.name: f"pictures/{preset.name}.png" for preset in presets}
    animations = [f"{animated.name}.gif", f"{animated.name}.html"]
    files = sorted([*drawn.values(), *animations, "README.md", "index.html", "results.json"])
    for path in files:
        if (root / path).parent.is_dir():
            require_free(root / path, overwrite=overwrite)
    (root / "pictures").mkdir(parents=True, exist_ok=True)

    total = len(presets) + 2
    entries: list[FitEntry] = []
    for done, preset in enumerate(presets):
        progress(done, total, preset.name)
        made = _trained(preset, steps, frames=frames if preset is animated else 1)
        write_atomically(root / drawn[preset.name], _picture(made), overwrite=overwrite)
        if preset is animated:
            for path in animations:
                write_animation(made, root / path, overwrite=overwrite)
        entries.append(_entry(preset, made, drawn[preset.name]))
    progress(len(presets), total, "by hand")
    checks = [check_by_hand(preset, steps) for preset in presets if preset.by_hand]
    progress(len(presets) + 1, total, "ReLU and sigmoid")
    names = [name for name in ("relu-sin", "relu-square", "cubic-1") if name in {preset.name for preset in presets}]
    rivals = compare_activations(names, steps=steps) if compare and names else []
    pages = FitPages(entries, checks, rivals, animations[0], animations[1])
    write_atomically(root / "README.md", fit_readme(pages).encode(), overwrite=overwrite)
    page = write_atomically(root / "index.html", fit_page(pages).encode(), overwrite=overwrite)
    write_atomically(root / "results.json", _numbers(pages, files), overwrite=overwrite)
    progress(total, total, "")
    return page


def _trained(preset: Preset, steps: int | None, frames: int) -> Fit:
    """Always on the CPU, whose digits do not depend on the machine's accelerator."""
    chosen = preset if steps is None else replace(preset, steps=steps)
    return fit(chosen.target, chosen.activation, frames=frames, device="cpu", **chosen.settings)


def _entry(preset: Preset, made: Fit, picture: str) -> FitEntry:
    errors = made.errors()
    summaries = None
    if preset.summarised:
        predicted = made.predict(made.training.x)[:, 0].tolist()
        summaries = (summarise(made.training.y[:, 0].tolist()), summarise(predicted))
    return FitEntry(
        preset=preset,
        target=made.target,
        recipe=made.settings.recipe.words,
        steps=made.settings.steps,
        parameters=made.network.trained,
        points=(len(made.training), len(made.test)),
        loss=float(made.training_losses[-1]),
        error=errors.rmse if errors.accuracy is None else None,
        score=made.score(),
        state=made.state,
        picture=picture,
        summaries=summaries,
    )


def _picture(made: Fit) -> bytes:
    """The picture with few colours, a third of the size; a map of two inputs with its boundaries and its loss."""
    from PIL import Image

    if made.target.dimension == 2:
        image = Image.fromarray(next(pictures(scene_of(made), dots=int(DOTS), last=True)))
    else:
        image = Image.open(io.BytesIO(figure_bytes(draw_fit(made), "png", dpi=DOTS))).convert("RGB")
    content = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(content, format="PNG", optimize=True)
    return content.getvalue()


def _numbers(pages: FitPages, files: Sequence[str]) -> bytes:
    """All numbers as strict JSON."""
    content: dict[str, Any] = {
        "version": 1,
        "files": list(files),
        "presets": {
            entry.preset.name: {
                "target": entry.target.digest,
                "activation": entry.preset.activation,
                **entry.preset.settings,
                "steps": entry.steps,
                "parameters": entry.parameters,
                "training_points": entry.points[0],
                "test_points": entry.points[1],
                "training_loss": _finite(entry.loss),
                "reported_loss": entry.preset.reported,
                "test_rmse": _finite(entry.error),
                "score": _finite(entry.score),
                "state": entry.state,
                "predictions": asdict(entry.summaries[1]) if entry.summaries else None,
            }
            for entry in pages.entries
        },
        "by_hand": [
            {
                "preset": check.preset,
                "steps": check.steps,
                "largest_difference": check.largest,
                "test_rmse": _finite(check.test_error),
            }
            for check in pages.checks
        ],
        "activations": [
            {**asdict(rival), "errors": [_finite(error) for error in rival.errors]} for rival in pages.rivals
        ],
    }
    return json.dumps(content, indent=1, allow_nan=False).encode("ascii") + b"\n"


def _finite(value: float | None) -> float | None:
    """A number that strict JSON can hold, with six digits: the last ones differ between machines."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None
