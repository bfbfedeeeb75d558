"""The files of a report. Imports nothing heavy: they are checked before the work begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from activations.files import require_free, slugs

if TYPE_CHECKING:
    from activations.benchmark.result import Result
    from activations.fitting.target import Target

__all__ = ["FIGURES", "FORMATS", "OVERALL", "figure_names", "prepare_folder", "report_paths"]

FIGURES = "figures"
FORMATS = ("svg", "png")
OF_TARGET = ("fits", "ranking")
OVERALL = ("heat-map", "performance-profile")
TABLES = ("report.html", "ranking.json", "ranking.csv", "ranking.md")


def report_paths(content: Result | Sequence[Target], folder: Path) -> list[Path]:
    """All files that a report may write.

    Args:
        content: the result, or the targets that it will be about.
        folder: where the report goes.
    """
    targets = content if isinstance(content, Sequence) else [result.target for result in content.targets]
    stems = [f"{name}-{kind}" for name in figure_names(targets) for kind in OF_TARGET]
    if len(targets) > 1:
        stems += OVERALL
    figures = [folder / FIGURES / f"{stem}.{ending}" for stem in stems for ending in FORMATS]
    return [*(folder / name for name in TABLES), *figures]


def figure_names(targets: Sequence[Target]) -> tuple[str, ...]:
    """How the files of each target begin."""
    return slugs(target.name for target in targets)


def prepare_folder(targets: Sequence[Target], folder: Path, *, overwrite: bool) -> None:
    """Make the folder of a report, and check that its files can be written before hours of work end in an error.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: the folder can't be made, or a path in it is a folder or a device.
    """
    folder.mkdir(exist_ok=True)
    (folder / FIGURES).mkdir(exist_ok=True)
    for place in report_paths(targets, folder):
        require_free(place, overwrite=overwrite)
