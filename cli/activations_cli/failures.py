"""Exit codes, and how each kind of failure is told: one clean line on stderr, never a traceback."""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import click

from activations.errors import (
    ActivationsError,
    BuildError,
    CheckFailedError,
    ClusterError,
    ClusterLostError,
    DeviceError,
    ExpressionError,
    MissingExtraError,
    PluginError,
    StoreError,
)
from activations_cli.terminal import clean, printable

__all__ = ["ExitCode", "guarded"]


class ExitCode(enum.IntEnum):
    """What the process tells its caller."""

    OK = 0
    CHECKS_FAILED = 1
    USAGE = 2
    BUG = 3
    ENVIRONMENT = 4
    RUNS_FAILED = 5
    INTERRUPTED = 130
    PIPE_CLOSED = 141


class Terminated(BaseException):
    """The process was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def guarded(run: Callable[[], None], *, verbose: bool = False) -> int:
    """Call `run` and give the exit code; whatever it raises is told on stderr.

    Args:
        run: the whole command.
        verbose: print the traceback of a bug.
    """
    try:
        with _signals():
            code = _call(run, verbose)
            return _flush(code)
    except KeyboardInterrupt:  # a second Ctrl-C, while the first was being told
        return ExitCode.INTERRUPTED
    except Terminated as signalled:
        return signalled.exit_code


def _call(run: Callable[[], None], verbose: bool) -> int:
    try:
        run()
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, EOFError, click.Abort):
        return _tell("Interrupted.", ExitCode.INTERRUPTED)
    except Terminated as signalled:
        return _tell("Terminated.", signalled.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        return _tell(error.format_message(), ExitCode.USAGE)
    except click.UsageError as error:
        return _tell(_usage_text(error), ExitCode.USAGE)
    except click.ClickException as error:
        return _tell(f"Error: {clean(error.format_message())}", ExitCode.ENVIRONMENT)
    except ExpressionError as error:
        # The caret belongs under the formula, so the picture is indented as a whole.
        picture = [f"  {line}" for line in error.picture.splitlines()] if error.text else []
        return _tell("\n".join([f"Error: {clean(str(error))}", *picture]), ExitCode.USAGE)
    except ActivationsError as error:
        return _tell(f"Error: {clean(str(error))}", _library_code(error))
    except OSError as error:
        return _environment(error)
    except MemoryError:
        return _tell("Error: not enough memory", ExitCode.ENVIRONMENT)
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("", "activations", "activations_cli"):
            return _bug(error, verbose)
        return _tell(f"Error: can't import {error.name}: {clean(str(error))}", ExitCode.ENVIRONMENT)
    except Exception as error:
        return _bug(error, verbose)
    return ExitCode.OK


def _usage_text(error: click.UsageError) -> str:
    message = error.format_message()
    if isinstance(error, click.NoSuchOption) and not error.possibilities and not error.option_name.startswith("--"):
        message += " Write -- before a formula that starts with a minus sign."
    text = f"Error: {clean(message)}"
    return text if error.ctx is None else f"{text}\nTry '{error.ctx.command_path} --help'."


def _library_code(error: ActivationsError) -> ExitCode:
    if isinstance(error, CheckFailedError):
        return ExitCode.CHECKS_FAILED
    if isinstance(error, ClusterLostError):
        return ExitCode.RUNS_FAILED
    if isinstance(error, (BuildError, ClusterError, DeviceError, StoreError, PluginError, MissingExtraError)):
        return ExitCode.ENVIRONMENT
    return ExitCode.USAGE


def _environment(error: OSError) -> int:
    if error.errno == errno.EPIPE:
        # The reader has had enough (`| head`): nothing to tell, but Python must not flush into the pipe again.
        _discard(sys.stdout)
        return ExitCode.PIPE_CLOSED
    reason = error.strerror or str(error)
    named = isinstance(error.filename, (str, os.PathLike))
    name = f"{clean(str(error.filename))!r}: " if named else "" if error.strerror is None else "can't write or read: "
    return _tell(f"Error: {name}{clean(reason)}", ExitCode.ENVIRONMENT)


def _bug(error: Exception, verbose: bool) -> int:
    if verbose:
        import traceback

        _tell("".join(traceback.format_exception(error)).rstrip(), ExitCode.BUG)
    return _tell(
        f"Error: this is a bug in activations, not in your command: {type(error).__name__}: {clean(str(error))}\n"
        "Please report it with the command and what it prints with -v.",
        ExitCode.BUG,
    )


def _tell(message: str, code: int) -> int:
    # Nobody can be told that stderr is gone; the exit code still speaks.
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(printable(message, sys.stderr) + "\n")
            sys.stderr.flush()
    return code


def _flush(code: int) -> int:
    """Write what is buffered, so that a full disk is told here and not in a traceback at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        if code:
            return code
        if error.errno == errno.EPIPE:
            return ExitCode.PIPE_CLOSED
        return _tell(f"Error: can't write the output: {error.strerror or error}", ExitCode.ENVIRONMENT)
    return code


def _discard(stream: object) -> None:
    """Send what a stream still holds to nowhere."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        descriptor = stream.fileno()  # type: ignore[attr-defined]
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that end a process into an exception, so that files and children are cleaned up."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # A signal that the caller had ignored (nohup) stays ignored.
    before = {number: signal.getsignal(number) for number in numbers}
    chosen = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in chosen:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in chosen:
            signal.signal(number, before[number])
