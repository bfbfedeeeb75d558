"""Writes a report's files, each whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from activations.files import write_atomically
from activations.render.report.drawings import Drawings
from activations.render.report.page import report_html
from activations.render.report.places import FIGURES, FORMATS, prepare_folder
from activations.render.report.tables import ranking_csv, ranking_markdown

if TYPE_CHECKING:
    from activations.benchmark.result import Result

__all__ = ["write_report"]

OF_THE_SESSION = ("seconds", "reused")  # which tell how the result was made and not what it is


def write_report(result: Result, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write a report of a benchmark: `report.html`, `ranking.json`, `ranking.csv`, `ranking.md` and `figures/`.

    The files are a pure function of the result without its wall time: equal results give equal bytes.

    Args:
        result: of the benchmark.
        folder: where to write; it is made if it is missing, its parent must exist.
        overwrite: replace files that exist. Others in the folder are left alone.

    Returns:
        What was written, in order.

    Raises:
        OutputExistsError: a file exists and may not be overwritten; then nothing is written.
        OSError: the folder can't be made, or the disk is full.
    """
    prepare_folder([found.target for found in result.targets], folder, overwrite=overwrite)
    return [write_atomically(folder / name, data, overwrite=overwrite) for name, data in _files(result)]


def _files(result: Result) -> Iterator[tuple[str, bytes]]:
    drawings = Drawings(result)
    yield "report.html", report_html(result, drawings).encode()
    numbers = {name: value for name, value in result.to_dict().items() if name not in OF_THE_SESSION}
    yield "ranking.json", (json.dumps(numbers, indent=2, allow_nan=False) + "\n").encode()
    yield "ranking.csv", ranking_csv(result).encode()
    yield "ranking.md", ranking_markdown(result).encode()
    for name in drawings.names:
        for ending in FORMATS:
            yield f"{FIGURES}/{name}.{ending}", drawings.picture(name, ending)
