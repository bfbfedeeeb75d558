"""A compiled library, loaded into this process for as long as it lives."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Library"]


class Library:
    """A library, loaded apart from all others: no symbol of one is seen by another.

    Attributes:
        handle: as ctypes loaded it.

    Args:
        path: its file, which may be removed afterwards.
        symbols: functions that it must have.

    Raises:
        OSError: it can't be loaded, or lacks a function.
    """

    def __init__(self, path: Path, symbols: Iterable[str] = ()) -> None:
        self.handle = ctypes.CDLL(str(path), mode=ctypes.DEFAULT_MODE)  # local to this library
        self._addresses: dict[str, int] = {}
        for symbol in symbols:
            self.address(symbol)

    def address(self, symbol: str) -> int:
        """Where a function begins.

        Raises:
            OSError: it has none of that name.
        """
        if symbol not in self._addresses:
            try:
                function = self.handle[symbol]
            except AttributeError as error:
                raise OSError(str(error)) from None
            found = ctypes.cast(function, ctypes.c_void_p).value
            if not found:
                raise OSError(f"{symbol} has no address")
            self._addresses[symbol] = found
        return self._addresses[symbol]
