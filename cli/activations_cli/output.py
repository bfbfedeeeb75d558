"""Everything that a command prints: data on stdout, notes and progress on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from activations_cli.terminal import (
    ColorMode,
    clean,
    is_terminal,
    printable,
    shows_colors,
    shows_unicode,
    width,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

__all__ = ["Column", "Output", "significant"]

READABLE_WIDTH = 100  # of running text where the terminal sets no bound


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        align: where its cells stand; numbers to the right.
        style: rich's name of a style for its cells.
        short: one line, cut with an ellipsis where the terminal is too narrow.
    """

    title: str
    align: Literal["left", "right"] = "left"
    style: str = ""
    short: bool = False


Cell = "str | tuple[str, str] | Text"


class Output:
    """Prints for one call of the command line.

    Text given to it may be foreign: markup in it has no effect, control characters are shown as escapes, and what the
    stream can't encode is written in ASCII.

    Attributes:
        color: the value of `--color`.
        verbosity: 1 and more for `-v`, negative for `-q`.
    """

    def __init__(self) -> None:
        self.color: ColorMode = "auto"
        self.verbosity = 0

    @property
    def unicode(self) -> bool:
        """Whether stdout shows more than ASCII."""
        return shows_unicode(sys.stdout)

    @property
    def colors(self) -> bool:
        """Whether stdout gets colours."""
        return shows_colors(sys.stdout, self.color)

    @property
    def width(self) -> int:
        """Columns for running text and pictures on stdout."""
        return min(width(sys.stdout), READABLE_WIDTH)

    def json(self, value: Any) -> None:
        """Print a value as strict JSON."""
        sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line; a long one is wrapped."""
        self.show(self.text(text, style))

    def text(self, text: str, style: str = "") -> Text:
        """A piece of text in a style, safe to print."""
        from rich.text import Text

        return Text(printable(clean(text), sys.stdout), style=style)

    def joined(self, *parts: tuple[str, str] | str) -> Text:
        """One text of several pieces, each with or without a style."""
        from rich.text import Text

        whole = Text()
        for part in parts:
            piece, style = (part, "") if isinstance(part, str) else part
            whole.append(printable(clean(piece), sys.stdout), style=style or None)
        return whole

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Any] | None]) -> None:
        """Print a table; a cell is a text, or a (text, style) pair, and None in place of a row draws a gap."""
        from rich import box
        from rich.table import Table

        frame = box.SIMPLE_HEAD if self.unicode else box.Box(str(box.SIMPLE_HEAD).replace("─", "-"), ascii=True)
        table = Table(box=frame, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
        for column in columns:
            table.add_column(
                self.text(column.title),
                justify=column.align,
                style=column.style,
                no_wrap=column.short or column.align == "right",
                overflow="ellipsis" if self.unicode else "crop",
            )
        for row in rows:
            if row is None:
                table.add_row()
                continue
            cells = []
            for cell in row:
                cells.append(self.joined(cell) if isinstance(cell, (str, tuple)) else cell)
            table.add_row(*cells)
        self.show(table, width(sys.stdout))

    def facts(self, rows: Sequence[tuple[str, Any]]) -> None:
        """Print labelled facts below each other."""
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for label, value in rows:
            grid.add_row(self.text(label), self.text(value) if isinstance(value, str) else value)
        self.show(grid)

    def show(self, item: RenderableType, columns: int | None = None) -> None:
        """Print something that rich can draw, without the blanks that it leaves at line ends."""
        console = self._console(columns or self.width)
        with console.capture() as captured:
            console.print(item)
        lines = captured.get().splitlines()
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))

    def note(self, text: str) -> None:
        """Tell something on stderr that -q leaves out."""
        if self.verbosity >= 0:
            self._tell(text)

    def warn(self, text: str) -> None:
        """Tell on stderr what may make the result other than expected."""
        self._tell(f"Warning: {text}")

    @contextlib.contextmanager
    def progress(self, title: str, total: float | None = None) -> Iterator[Callable[[float, str], None]]:
        """A bar on stderr while a person watches; gives a function of (done, what) with `done` from 0 to `total`."""
        if self.verbosity < 0 or not is_terminal(sys.stderr) or not shows_motion():
            yield lambda done, what: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(
            file=sys.stderr,
            markup=False,
            emoji=False,
            highlight=False,
            no_color=not shows_colors(sys.stderr, self.color),
        )
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}", markup=False, style="dim"),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(title, total=total, what="")

            def advance(done: float, what: str) -> None:
                bar.update(task, completed=done, what=printable(clean(what), sys.stderr)[:40])

            yield advance

    def _tell(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(printable(clean(text), sys.stderr) + "\n")
            sys.stderr.flush()

    def _console(self, columns: int) -> Console:
        from rich.console import Console

        return Console(
            file=sys.stdout,
            width=columns,
            force_terminal=self.colors,
            color_system="standard" if self.colors else None,
            no_color=not self.colors,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=False,
        )


def shows_motion() -> bool:
    """Whether the terminal can move its cursor, which a bar needs."""
    import os

    return os.environ.get("TERM") not in ("dumb", "unknown")


def significant(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits: 0.0123, 1.23e-05, 123; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:#.{digits}g}"
    mantissa, e, exponent = text.partition("e")
    return mantissa.rstrip(".") + (f"e{int(exponent):d}" if e else "")
