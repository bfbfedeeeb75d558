"""The gallery: a folder with a picture of every activation, contact sheets, a poster, a table and a page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activations.files import require_free, slug, write_atomically
from activations.render.gallery_data import data_digest
from activations.render.gallery_entry import GalleryEntry
from activations.render.gallery_readme import readme_text
from activations.render.gallery_sheets import Tile, draw_poster, draw_sheet, draw_tile
from activations.render.gallery_svg import compact_svg
from activations.render.gallery_sweeps import Sweep, draw_sweeps, sweeps
from activations.render.page import page_html
from activations.render.shapes import draw_shapes
from activations.render.style import FORMATS, figure_bytes, theme_named
from activations.shape import shape_info

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.declare import Variant
    from activations.registry import Registry
    from activations.shape import ShapeInfo

__all__ = ["BESIDE", "family_of", "write_gallery"]

TITLE = "Activation functions"
BESIDE = {"fits": "Single fits as articles describe them"}  # folders with an index of their own
TYPED = "formula"  # the family of typed formulas
Advance = Callable[[int, int, str], None]


def family_of(variant: Variant, registry: Registry) -> str:
    """The family under which an activation stands; typed formulas are one of their own."""
    return variant.activation.family if registry.origin(variant.activation) else TYPED


def write_gallery(
    folder: str | os.PathLike[str],
    variants: Sequence[Variant],
    registry: Registry,
    *,
    format: str = "svg",
    themes: Sequence[str] = ("light", "dark"),
    overwrite: bool = False,
    progress: Advance = lambda done, total, what: None,
) -> Path:
    """Write a gallery; each file appears whole, and the manifest last.

    Args:
        folder: where to write; it is made if it is missing.
        variants: what to show, at least one. Families stand in the order of their first member.
        registry: says where an activation comes from.
        format: of the pictures: "svg", "png" or "pdf". Browsers show no PDF: then there is no page.
        themes: "light", "dark" or both. Table and poster are shown in the first one.
        overwrite: replace files of an earlier gallery.
        progress: told how many steps are done, of how many, and what is drawn.

    Returns:
        The file to open: the page, or the table where there is no page.

    Raises:
        ValueError: there is nothing to draw, or the format or a theme is unknown.
        OutputExistsError: a file exists and may not be overwritten; nothing has been written then.
        OSError: the folder or a file can't be written.
    """
    if not variants:
        raise ValueError("there is nothing to draw; give at least one activation")
    if format not in FORMATS:
        raise ValueError(f"format={format!r} can't be written; write one of {', '.join(FORMATS)}")
    themes = [theme_named(theme).name for theme in dict.fromkeys(themes)]
    by_family: dict[str, list[Variant]] = {}
    for variant in variants:
        by_family.setdefault(family_of(variant, registry), []).append(variant)
    plan = _Plan.of(by_family, themes, format)
    root = Path(folder)
    _make_room(root, plan.files, overwrite)

    def write(path: str, data: bytes) -> Path:
        return write_atomically(root / path, data, overwrite=overwrite)

    steps = len(variants) + len(plan.sheets) + 1
    done = 0
    entries: dict[str, list[GalleryEntry]] = {family: [] for family in by_family}
    tiles: dict[str, dict[str, list[Tile]]] = {theme: {family: [] for family in by_family} for theme in themes}
    digests: dict[str, str] = {}
    for family, members in by_family.items():
        for variant in members:
            progress(done, steps, variant.label)
            info, found = shape_info(variant), plan.sweeps[variant.label]
            paths, sweep_paths = plan.pictures[variant.label], plan.sweep_pictures[variant.label]
            for theme in themes:
                write(paths[theme], picture_bytes(info, theme, format))
                if found:
                    write(sweep_paths[theme], sweep_bytes(info, found, theme, format))
                tiles[theme][family].append(draw_tile(info, theme))
            entries[family].append(
                GalleryEntry(
                    variant,
                    family,
                    _origin(variant, registry),
                    info,
                    info.properties,
                    *_pair(paths.values()),
                    *_pair(sweep_paths.values()),
                )
            )
            digests[variant.label] = data_digest(info, found)
            done += 1
    for family, places in plan.sheets.items():
        progress(done, steps, f"contact sheet: {family}")
        for theme in themes:
            write(places[theme], draw_sheet(family, tiles[theme][family], theme))
        done += 1
    progress(done, steps, "poster")
    for theme in themes:
        write(plan.poster[theme], draw_poster(TITLE, list(tiles[theme].items()), theme))
    table = readme_text(
        entries,
        {family: list(places.values()) for family, places in plan.sheets.items()},
        list(plan.poster.values()),
        page=plan.page,
        pictures_shown=format != "pdf",
        beside=_beside(root, "README.md"),
    )
    opened = write("README.md", table.encode("utf-8"))
    if plan.page:
        flat = [entry for members in entries.values() for entry in members]
        opened = write(plan.page, page_html(flat, title=TITLE, beside=_beside(root, "index.html")).encode("utf-8"))
    write("manifest.json", _manifest(entries, digests, plan))
    progress(steps, steps, "")
    return opened


def _beside(root: Path, index: str) -> list[tuple[str, str]]:
    """Titles and paths of other galleries that are in the folder already: this one knows nothing else of them."""
    return [(title, f"{name}/{index}") for name, title in BESIDE.items() if (root / name / index).is_file()]


def picture_bytes(info: ShapeInfo, theme: str, format: str) -> bytes:
    """The picture of one activation as a file's content, the same at each call."""
    return _content(draw_shapes([info], theme=theme), format)


def sweep_bytes(info: ShapeInfo, found: Sequence[Sweep], theme: str, format: str) -> bytes:
    """The picture of what its parameters do as a file's content, the same at each call."""
    return _content(draw_sweeps(info, found, theme), format)


def _content(figure: Figure, format: str) -> bytes:
    content = figure_bytes(figure, format)
    return compact_svg(content) if format == "svg" else content


@dataclass(frozen=True)
class _Plan:
    """Which files a gallery has, by theme, as paths relative to its folder."""

    sweeps: dict[str, tuple[Sweep, ...]]
    pictures: dict[str, dict[str, str]]
    sweep_pictures: dict[str, dict[str, str]]
    sheets: dict[str, dict[str, str]]
    poster: dict[str, str]
    page: str | None

    @classmethod
    def of(cls, by_family: dict[str, list[Variant]], themes: Sequence[str], format: str) -> _Plan:
        found = {variant.label: sweeps(variant) for members in by_family.values() for variant in members}
        stems = _stems(list(found))
        return cls(
            sweeps=found,
            pictures={label: {theme: f"{theme}/{stem}.{format}" for theme in themes} for label, stem in stems.items()},
            sweep_pictures={
                label: {theme: f"{theme}/parameters/{stem}.{format}" for theme in themes if found[label]}
                for label, stem in stems.items()
            },
            sheets={
                family: {theme: f"sheets/{theme}-{stem}.png" for theme in themes}
                for family, stem in _stems(list(by_family)).items()
            },
            poster={theme: f"poster-{theme}.png" for theme in themes},
            page=None if format == "pdf" else "index.html",
        )

    @property
    def files(self) -> list[str]:
        """All of them."""
        groups = [*self.pictures.values(), *self.sweep_pictures.values(), *self.sheets.values(), self.poster]
        found = [path for group in groups for path in group.values()]
        return sorted([*found, "README.md", "manifest.json", *([self.page] if self.page else [])])


def _pair(paths: Iterable[str]) -> tuple[Any, Any]:
    """The first two of some paths; None for those that are not there."""
    first, second, *_ = [*paths, None, None]
    return first, second


def _origin(variant: Variant, registry: Registry) -> str:
    return str(registry.origin(variant.activation) or "typed")


def _stems(names: Sequence[str]) -> dict[str, str]:
    """A file name for each name, no two alike even where a file system ignores case."""
    found: dict[str, str] = {}
    for name in names:
        stem = first = slug(name)
        number = 2
        while stem in found.values():
            stem = f"{first}-{number}"
            number += 1
        found[name] = stem
    return found


def _make_room(root: Path, files: Sequence[str], overwrite: bool) -> None:
    """Check that every file can be written, before the work begins, and make the folders."""
    places = [root / path for path in files]
    for place in places:
        if place.parent.is_dir():
            require_free(place, overwrite=overwrite)
    for folder in sorted({place.parent for place in places}):
        folder.mkdir(parents=True, exist_ok=True)


def _manifest(entries: dict[str, list[GalleryEntry]], digests: dict[str, str], plan: _Plan) -> bytes:
    pictures = {}
    for family, members in entries.items():
        for label in (entry.info.label for entry in members):
            files = [*plan.pictures[label].values(), *plan.sweep_pictures[label].values()]
            pictures[label] = {"family": family, "data": digests[label], "files": files}
    content = {"version": 1, "pictures": pictures, "files": plan.files}
    return json.dumps(content, indent=1, ensure_ascii=True).encode("ascii") + b"\n"
