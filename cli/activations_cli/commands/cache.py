"""`activations cache`: what is kept to save time, how large it is, and its removal."""

from __future__ import annotations

from typing import Any

import click

from activations.errors import BuildError
from activations_cli.caches import CACHES, KERNELS, clear, files, find_compiler, folder, foreign_files, kernel_cache
from activations_cli.facts import near
from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Column, Output, counted

__all__ = ["command"]

ALL = "all"
NO_HOME = "there is none: you have no home folder; XDG_CACHE_HOME can name another"


@click.group("cache", invoke_without_command=True)
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(output: Output, context: click.Context, as_json: bool) -> None:
    """Show what is kept to save time: compiled code, measured properties, names; and remove it.

    Without a command: what 'activations cache info' tells. Nothing in it is lost for good: what is removed is made
    again when it is needed. It is below XDG_CACHE_HOME, or where the system keeps caches. Results are kept elsewhere,
    see 'activations runs'.
    """
    if context.invoked_subcommand is None:
        show_info(output, as_json=as_json)


@command.command("info")
@json_option
@terminal_options
@pass_output
def info(output: Output, as_json: bool) -> None:
    """Tell where the caches are and how large, which compiler is used, and how wide its vectors are.

    The compiler is g++, clang++ or c++, whichever is found first, or what the variable CXX names. Without one networks
    are trained all the same, only more slowly.
    """
    show_info(output, as_json=as_json)


@command.command("clear")
@click.argument("names", metavar="[CACHE]...", nargs=-1, type=click.Choice((*CACHES, ALL)))
@json_option
@terminal_options
@pass_output
def clear_caches(output: Output, names: tuple[str, ...], as_json: bool) -> None:
    """Remove what is kept; all of it if nothing is named.

    CACHE is kernels, properties, plugins, names or all.

    Only files of this tool are removed: others that lie there stay, and links are not followed.
    """
    chosen = [name for name in CACHES if name in names or ALL in names or not names]
    removed: dict[str, tuple[int, int]] = {}
    failed: BuildError | OSError | None = None
    for name in chosen:
        try:
            removed[name] = clear(CACHES[name])
        except (BuildError, OSError) as error:
            failed = failed or error
    if as_json:
        output.json([{"name": name, "files": number, "bytes": size} for name, (number, size) in removed.items()])
    else:
        for name, (number, size) in removed.items():
            output.line(f"{name}: removed {counted(number, 'file')}, {size_text(size)}" if number else f"{name}: empty")
    if failed is not None:
        raise failed
    left = foreign_files(chosen)
    if left:
        others = f" and {counted(len(left) - 1, 'other')}" if len(left) > 1 else ""
        output.note(f"Note: left what is not ours: {near(str(left[0]))}{others}")


def show_info(output: Output, *, as_json: bool) -> None:
    """The caches, the compiler and the processor."""
    from activations.fitting.fused.cache import BOUND

    problem: BuildError | None = None
    kernels = None
    try:
        kernels = kernel_cache()
    except BuildError as error:
        problem = error
    rows: list[dict[str, Any]] = []
    for kept in CACHES.values():
        paths = [] if problem and kept.name == KERNELS else files(kept)
        size = sum(path.lstat().st_size for path in paths if path.exists())
        rows.append({"name": kept.name, "what": kept.what, "files": len(paths), "bytes": size})
    found, missing = find_compiler(kernels)
    width = found.vector_bytes() if found else None
    place = folder()
    libraries = kernels.stored() if kernels else []
    if as_json:
        output.json(
            {
                "folder": str(place) if place else None,
                "caches": rows,
                "kernels": {
                    "folder": str(place / KERNELS) if place else None,
                    "libraries": len(libraries),
                    "bytes": sum(item.bytes for item in libraries),
                    "bound": BOUND,
                    "problem": str(problem) if problem else None,
                },
                "compiler": {"command": list(found.command), "version": found.version} if found else None,
                "compiler_problem": missing or None,
                "vector_bits": 8 * width if width else None,
            }
        )
    else:
        facts = [
            ("folder", near(str(place)) if place else NO_HOME),
            ("kernels", f"{len(libraries)} of at most {size_text(BOUND)}, those used least are removed first"),
            ("compiler", f"{found.name}: {found.version}" if found else f"none: {missing}"),
        ]
        if width:
            facts.append(("vectors", f"{8 * width} bits: {width // 4} numbers of float32, {width // 8} of float64"))
        output.facts(facts)
        output.line()
        columns = [Column("cache", key=True), Column("what"), Column("files", "right"), Column("size", "right")]
        output.table(columns, [[row["name"], row["what"], str(row["files"]), size_text(row["bytes"])] for row in rows])
    if problem is not None:
        raise problem


def size_text(size: int) -> str:
    """A number of bytes: 12 B, 3.4 KiB, 5.6 MiB."""
    if size < 2**10:
        return f"{size} B"
    number, unit = (size / 2**10, "KiB") if size < 2**20 else (size / 2**20, "MiB")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"
