"""Everything that a command prints: data on stdout, notes and progress on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

from activations.streams import output_aside
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

__all__ = ["Cell", "Column", "Output", "counted", "significant"]

READABLE_WIDTH = 100  # of running text where the terminal sets no bound
FLEXIBLE = 24  # a column of running text is readable from here on
FACT_LABEL = 16  # so that the values of several groups of facts stand below each other
GAP = 2  # blanks between columns
LEAST = 4  # what a fixed column leaves each other one even on the narrowest terminal

Cell: TypeAlias = "str | tuple[str, str]"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        align: where its cells stand; numbers to the right.
        style: rich's name of a style for its cells.
        short: one line, cut with an ellipsis where the terminal is too narrow.
        key: never narrower than its cells, as long as the terminal is wide enough for that.
        optional: left out where the terminal is too narrow.
    """

    title: str
    align: Literal["left", "right"] = "left"
    style: str = ""
    short: bool = False
    key: bool = False
    optional: bool = False

    @property
    def fixed(self) -> bool:
        """Whether its cells must not be cut or wrapped."""
        return self.key or self.align == "right"


class Output:
    """Prints for one call of the command line.

    Text given to it may be foreign: markup in it has no effect, control characters are shown as escapes, and what the
    stream can't encode is written in ASCII.

    Attributes:
        color: the value of `--color`.
        verbosity: 1 and more for `-v`, negative for `-q`.
        strict: whether a problem of a plugin ends the command.
    """

    def __init__(self) -> None:
        self.color: ColorMode = "auto"
        self.verbosity = 0
        self.strict = False
        self._stdout: TextIO | None = None
        self._warned: set[str] = set()

    @property
    def stdout(self) -> TextIO:
        """Where data go."""
        return self._stdout or sys.stdout

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """Let only what is printed here reach stdout: whatever else writes there meanwhile, writes to stderr."""
        real = sys.stdout
        stream = own_stream(real)
        self._stdout = stream
        try:
            with output_aside():
                yield
            stream.flush()
        finally:
            self._stdout = None
            if stream is not real:
                with contextlib.suppress(OSError):
                    stream.close()

    @property
    def unicode(self) -> bool:
        """Whether stdout shows more than ASCII."""
        return shows_unicode(self.stdout)

    @property
    def colors(self) -> bool:
        """Whether stdout gets colours."""
        return shows_colors(self.stdout, self.color)

    @property
    def width(self) -> int:
        """Columns for running text and pictures on stdout."""
        return min(width(self.stdout), READABLE_WIDTH)

    def json(self, value: Any) -> None:
        """Print a value as strict JSON."""
        self.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line; a long one is wrapped."""
        self.show(self.text(text, style))

    def text(self, text: str, style: str = "") -> Text:
        """A piece of text in a style, safe to print."""
        from rich.text import Text

        return Text(printable(clean(text), self.stdout), style=style)

    def joined(self, *parts: tuple[str, str] | str) -> Text:
        """One text of several pieces, each with or without a style."""
        from rich.text import Text

        whole = Text()
        for part in parts:
            piece, style = (part, "") if isinstance(part, str) else part
            whole.append(printable(clean(piece), self.stdout), style=style or None)
        return whole

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell] | None]) -> None:
        """Print a table.

        Args:
            columns: its columns.
            rows: their cells, each a text or a pair of text and style; None in place of a row leaves a gap.
        """
        from rich import box
        from rich.table import Table

        filled = [[self._cell(cell) for cell in row or [""] * len(columns)] for row in rows]
        needs = [
            max([len(column.title), *(row[index].cell_len for row in filled)]) for index, column in enumerate(columns)
        ]
        room = width(self.stdout)
        widths = fitting_widths(columns, needs, room)
        frame = box.SIMPLE_HEAD if self.unicode else box.Box(str(box.SIMPLE_HEAD).replace("─", "-"), ascii=True)
        table = Table(box=frame, pad_edge=False, padding=(0, GAP - 1, 0, 0), header_style="bold", show_edge=False)
        for index, fitting in widths.items():
            column = columns[index]
            table.add_column(
                self.text(column.title),
                justify=column.align,
                style=column.style,
                no_wrap=column.short or column.fixed,
                width=fitting,
                overflow="ellipsis" if self.unicode else "crop",
            )
        for row in filled:
            table.add_row(*(row[index] for index in widths))
        self.show(table, room)

    def facts(self, rows: Sequence[tuple[str, Any]]) -> None:
        """Print labelled facts below each other."""
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True, min_width=FACT_LABEL if self.width > 3 * FACT_LABEL else None)
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
        self.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))

    def note(self, text: str) -> None:
        """Tell something on stderr that -q leaves out."""
        if self.verbosity >= 0:
            self._tell(text)

    def detail(self, text: str) -> None:
        """Tell something on stderr that only -v shows."""
        if self.verbosity > 0:
            self._tell(text)

    def warn(self, text: str) -> None:
        """Tell on stderr what may make the result other than expected."""
        self._tell(f"Warning: {text}")

    def warn_once(self, text: str) -> None:
        """Warn, unless that was said before."""
        if text not in self._warned:
            self._warned.add(text)
            self.warn(text)

    @contextlib.contextmanager
    def progress(self) -> Iterator[Callable[[int, int, str], None]]:
        """A bar on stderr while a person watches; gives a function of (how many are done, of how many, what)."""
        if self.verbosity < 0 or not is_terminal(sys.stderr) or not moves_cursor():
            yield lambda done, total, what: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        colors = shows_colors(sys.stderr, self.color)
        console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False, no_color=not colors)
        columns = (
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("left ", markup=False),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None)
            before = 0

            def advance(done: int, total: int, what: str) -> None:
                nonlocal before
                if done < before:
                    bar.reset(task)  # another stage, at another speed
                before = done
                shown = printable(clean(what), sys.stderr)[:50]
                bar.update(task, completed=done, total=total, description=shown)

            yield advance

    def _cell(self, cell: Cell) -> Text:
        return self.text(cell) if isinstance(cell, str) else self.text(*cell)

    def _tell(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(printable(clean(text), sys.stderr) + "\n")
            sys.stderr.flush()

    def _console(self, columns: int) -> Console:
        from rich.console import Console

        return Console(
            file=self.stdout,
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


def own_stream(stream: TextIO) -> TextIO:
    """A stream of our own to where stdout leads now; the same one where that is no file of the system's."""
    try:
        if stream.fileno() != 1:
            return stream
        stream.flush()
        buffering = 1 if stream.isatty() else -1
        return open(os.dup(1), "w", buffering, encoding=stream.encoding, errors="backslashreplace")
    except (OSError, ValueError):
        return stream


def fitting_widths(columns: Sequence[Column], needs: Sequence[int], room: int) -> dict[int, int]:
    """Share the room among columns.

    Optional columns are left out, the last first, until the others can be read. Fixed ones get what they need, and
    the others share the rest.

    Args:
        columns: the columns.
        needs: the width of the widest cell of each.
        room: the width of the terminal.

    Returns:
        The width of each column that is shown, by its number.
    """
    kept = list(range(len(columns)))

    def least() -> int:
        bounds = [needs[i] if columns[i].fixed else min(needs[i], FLEXIBLE) for i in kept]
        return sum(bounds) + GAP * (len(kept) - 1)

    for index in reversed(range(len(columns))):
        if least() <= room:
            break
        if columns[index].optional:
            kept.remove(index)
    left = room - GAP * (len(kept) - 1)
    widths: dict[int, int] = {}
    # Fixed columns choose first; then the narrowest, so that what they leave goes to the wider ones.
    order = sorted(kept, key=lambda i: (not columns[i].fixed, needs[i] if not columns[i].fixed else i))
    for position, index in enumerate(order):
        waiting = len(order) - position - 1
        share = left - waiting * LEAST if columns[index].fixed else left // (waiting + 1)
        widths[index] = max(1, min(needs[index], max(share, room // 4 if columns[index].fixed else 1)))
        left -= widths[index]
    return {index: widths[index] for index in kept}


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 activation, 2 activations."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def moves_cursor() -> bool:
    """Whether the terminal can move its cursor, which a bar needs."""
    return os.environ.get("TERM") not in ("dumb", "unknown")


def significant(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits: 0.0123, 1.23e-05, 123; a dash for none."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    text = f"{value:#.{digits}g}"
    mantissa, e, exponent = text.partition("e")
    return mantissa.rstrip(".") + (f"e{int(exponent):d}" if e else "")
