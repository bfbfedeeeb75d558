"""How a fit is shown while it is trained: a live picture where a person watches, a few lines where none does."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from activations_cli.fit_sketch import is_sketchable, sketch_fit, sketch_losses
from activations_cli.output import moves_cursor, significant
from activations_cli.terminal import clean, is_terminal, printable, shows_colors, shows_unicode, width

if TYPE_CHECKING:
    from rich.text import Text

    from activations.networks.fit import Moment
    from activations_cli.output import Output

__all__ = ["watching"]

PAUSE = 0.15  # seconds between two pictures
LINES = 10  # told where nobody watches
ROWS, LOSS_ROWS = 11, 5
WIDEST = 90
SHORTEST = 24  # lines of a terminal that has room for both pictures


@contextlib.contextmanager
def watching(output: Output, title: str) -> Iterator[Callable[[Moment], None]]:
    """Show the moments of a fit on stderr: gives a function that takes them.

    Args:
        output: of the command.
        title: what is fitted.
    """
    if output.verbosity < 0:
        yield lambda moment: None
        return
    if not is_terminal(sys.stderr) or not moves_cursor():
        yield _Lines(output).tell
        return
    from rich.console import Console
    from rich.live import Live

    colors = shows_colors(sys.stderr, output.color)
    console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False, no_color=not colors)
    picture = _Picture(title, sys.stderr, console.height)  # behind the next line stderr is another one
    with Live(console=console, transient=True, auto_refresh=False) as live:

        def tell(moment: Moment) -> None:
            drawn = picture.of(moment)
            if drawn is not None:
                live.update(drawn, refresh=True)

        yield tell


def line(moment: Moment) -> str:
    """A moment in a line."""
    losses = f"loss {significant(moment.training_loss)}, test {significant(moment.test_loss)}"
    return f"step {moment.step} of {moment.steps}: {losses}"


class _Lines:
    """Some ten lines, evenly spaced."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.next = 0.0

    def tell(self, moment: Moment) -> None:
        if moment.step >= self.next or moment.step == moment.steps:
            self.output.note(line(moment))
            self.next = moment.step + moment.steps / LINES


class _Picture:
    """The losses so far and the network over its data."""

    def __init__(self, title: str, stream: TextIO, height: int) -> None:
        self.title = printable(clean(title), stream)
        self.unicode = shows_unicode(stream)
        self.columns = min(width(stream) - 1, WIDEST)
        self.height = height
        self.drawn = 0.0
        self.began = time.monotonic()
        self.first = -1
        self.steps: list[int] = []
        self.losses: list[float] = []

    def of(self, moment: Moment) -> Text | None:
        """The picture; None if it is too early for another one."""
        from rich.text import Text

        self.steps.append(moment.step)
        self.losses.append(moment.training_loss)
        now = time.monotonic()
        if self.first < 0:
            self.first = moment.step
        if now - self.drawn < PAUSE and moment.step < moment.steps:
            return None
        self.drawn = now
        unicode, columns = self.unicode, self.columns
        text = Text(no_wrap=True, overflow="crop")
        text.append(self.title[:columns] + "\n", style="bold")
        text.append(f"{line(moment)}{self._left(moment, now)}\n")
        fit = moment.fit()
        parts = []
        if is_sketchable(fit):
            parts.append(sketch_fit(fit, columns, ROWS, unicode))
        if not parts or self.height >= SHORTEST:
            parts.append(sketch_losses(self.steps, self.losses, moment.steps, columns, LOSS_ROWS, unicode))
        for lines in parts:
            for pieces in lines:
                for piece, style in pieces:
                    text.append(piece, style=style or None)
                text.append("\n")
        return text

    def _left(self, moment: Moment, now: float) -> str:
        made = moment.step - self.first
        if made <= 0 or now - self.began < 2:
            return ""
        left = (now - self.began) / made * (moment.steps - moment.step)
        return f", {left:.0f} s left"
