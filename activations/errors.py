"""Every error the library raises on purpose; catching `ActivationsError` catches them all."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ActivationsError",
    "BuildError",
    "CheckFailedError",
    "ClusterError",
    "ClusterLostError",
    "ConfigurationError",
    "DataError",
    "DeclarationError",
    "DeviceError",
    "DuplicateNameError",
    "ExpressionError",
    "MissingExtraError",
    "NotElementwiseError",
    "PluginError",
    "StoreError",
    "UnknownActivationError",
    "UnknownTargetError",
]

_PICTURE_WIDTH = 100


class ActivationsError(Exception):
    """The base of all errors of this library."""


class UnknownActivationError(ActivationsError, KeyError):
    """No activation has the requested name."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError shows the representation


class NotElementwiseError(UnknownActivationError):
    """The name is that of a function over a dimension where only an elementwise activation will do."""


class UnknownTargetError(ActivationsError, LookupError):
    """No target function has the requested name."""


class DuplicateNameError(ActivationsError, ValueError):
    """Two items claim the same name."""


class DeclarationError(ActivationsError, TypeError):
    """An activation is declared in a way that cannot work."""


class CheckFailedError(ActivationsError, AssertionError):
    """A conformance check found that an activation does not do what its declaration says."""


class PluginError(ActivationsError):
    """A plugin could not be loaded, or offers something unusable."""


class StoreError(ActivationsError):
    """A store of results cannot be opened, read or written."""


class DeviceError(ActivationsError):
    """The requested device is not available, or failed."""


class ClusterError(ActivationsError):
    """A cluster can't be reached, or can't do this work: other versions, a missing plugin, no fitting worker."""


class ClusterLostError(ClusterError):
    """The scheduler, or every worker, of a cluster went away while it was at work."""


class BuildError(ActivationsError):
    """The compiled kernel can't be had: no compiler, a build that failed or took too long, an unsafe cache.

    Attributes:
        message: one line: what is wrong, and what to do.
        details: what the compiler wrote, for those who ask; often empty.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message, details)
        self.message = message
        self.details = details

    def __str__(self) -> str:
        return self.message


class DataError(ActivationsError, ValueError):
    """A data file or array holds something that cannot be fitted."""


class ConfigurationError(ActivationsError, ValueError):
    """A configuration file holds a mistake.

    Attributes:
        message: what is wrong and what to write.
        path: the file.
        line: where in it, counted from 1; 0 for the file as a whole.
    """

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        super().__init__(message, path, line)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class MissingExtraError(ActivationsError, ImportError):
    """An optional dependency that this feature needs is not installed, or is broken."""


class ExpressionError(ActivationsError, ValueError):
    """A formula is not in the formula language.

    Attributes:
        text: The formula as it was given.
        column: Where the trouble starts, counted from 1.
        hint: What to write instead, or an empty string.
    """

    def __init__(self, message: str, *, text: str = "", column: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.column = max(1, column)
        self.hint = hint

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.message} at column {self.column}{hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _expression_error, (self.message, self.text, self.column, self.hint)

    @property
    def picture(self) -> str:
        """Two lines: the formula around the column, and a caret below it.

        Control and non-ASCII characters are shown as escapes, so the picture is safe on any terminal; a long
        formula is cut to about 100 columns around the caret.
        """
        column = min(self.column, len(self.text) + 1) - 1
        start = max(0, column - _PICTURE_WIDTH)
        before = "".join(map(_visible, self.text[start:column]))
        after = "".join(map(_visible, self.text[column : column + _PICTURE_WIDTH]))
        cut_before = start > 0
        cut_after = len(self.text) > column + _PICTURE_WIDTH
        room = _PICTURE_WIDTH * 2 // 3
        if len(before) > room:
            before, cut_before = before[len(before) - room :], True
        room = _PICTURE_WIDTH - len(before)
        if len(after) > room:
            after, cut_after = after[:room], True
        before = "..." + before if cut_before else before
        after = after + "..." if cut_after else after
        return f"{before}{after}\n{' ' * len(before)}^"


def _expression_error(message: str, text: str, column: int, hint: str) -> ExpressionError:
    """Rebuild a pickled error: exceptions pickle their positional arguments only."""
    return ExpressionError(message, text=text, column=column, hint=hint)


def _visible(character: str) -> str:
    return character if " " <= character <= "~" else ascii(character)[1:-1]
