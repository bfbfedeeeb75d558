"""What every kind of declaration reads from its function: name, docstring, source text, and how it pickles."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from activations.discovery import FILE_MODULES, NAME
from activations.errors import DeclarationError

__all__ = [
    "class_name",
    "code_text",
    "family_of",
    "pickled_name",
    "read_docstring",
    "read_name",
    "read_paper",
    "read_reasons",
    "read_signature",
    "source_of",
]

MAX_SUMMARY = 300


def read_name(function: Callable[..., Any]) -> str:
    """The function's name, if it can name an activation.

    Raises:
        DeclarationError: it can't.
    """
    name = function.__name__
    if not NAME.match(name):
        raise DeclarationError(
            f"{name!r} can't name an activation; use lower-case letters, digits and _, starting with a letter"
        )
    return name


def read_docstring(name: str, function: Callable[..., Any]) -> tuple[str, str]:
    """The docstring's first line, and the rest without the source's line breaks.

    Raises:
        DeclarationError: there is none, or its first line is too long.
    """
    summary, _, notes = (inspect.getdoc(function) or "").partition("\n")
    if not summary.strip():
        raise DeclarationError(f"{name} has no docstring; write one sentence that says what it is")
    if len(summary) > MAX_SUMMARY:
        raise DeclarationError(
            f"{name}: the docstring's first line has {len(summary)} characters; cut it to one sentence"
        )
    # Paragraphs are kept, the source's line breaks within them are not.
    paragraphs = [" ".join(paragraph.split()) for paragraph in notes.split("\n\n")]
    return summary.strip(), "\n\n".join(filter(None, paragraphs))


def read_paper(name: str, paper: Any) -> str:
    """The source without blanks around it.

    Raises:
        DeclarationError: it is empty.
    """
    if not isinstance(paper, str) or not paper.strip():
        raise DeclarationError(f"{name}: paper is empty; write its source, such as 'Misra 2019, arXiv:1908.08681'")
    return paper.strip()


def read_reasons(name: str, field: str, reasons: Mapping[str, str]) -> dict[str, str]:
    """A mapping whose every value gives a reason.

    Raises:
        DeclarationError: one gives none.
    """
    for key, reason in reasons.items():
        if not reason.strip():
            raise DeclarationError(f"{name}: {field}[{key!r}] gives no reason; say why")
    return dict(reasons)


def code_text(function: Callable[..., Any]) -> str:
    """The source of a function, or its code where no source is at hand; it decides the values."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = function.__code__
        return f"{code.co_code.hex()} {code.co_consts!r}"


def source_of(function: Callable[..., Any]) -> str:
    """Where a function is written, as file:line; "(typed)" if it is written nowhere."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else "(typed)"


def family_of(function: Callable[..., Any]) -> str:
    """The module that declares it: `activations.catalogue.rectified` is "rectified"."""
    name = function.__module__.rpartition(".")[2]
    if name.startswith(FILE_MODULES):
        name = name.removeprefix(FILE_MODULES).rpartition("_")[0]
    return name.replace("_", "-")


def class_name(name: str, aliases: Iterable[str]) -> str:
    """The name of the module's class: an alias that spells the name in capitals, else CamelCase."""
    plain = name.replace("_", "")
    for alias in aliases:
        if alias.lower() == plain and alias != plain:
            return alias
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def pickled_name(name: str, item: object, function: Callable[..., Any]) -> str:
    """What `__reduce__` gives for a declaration: the module attribute that holds it, as for functions.

    Raises:
        DeclarationError: no attribute of the function's module holds it.
    """
    module = sys.modules.get(function.__module__)
    if getattr(module, name, None) is item:
        return name
    raise DeclarationError(f"{name} can't be pickled: declare it at the top level of a module that can be imported")


def read_signature(name: str, function: Callable[..., Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names of the inputs, which come by position, and the defaults of the parameters, which come by keyword.

    Raises:
        DeclarationError: there are `*args` or `**kwargs`, or an input has a default.
    """
    inputs: list[str] = []
    parameters: dict[str, Any] = {}
    for argument in inspect.signature(function).parameters.values():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            raise DeclarationError(f"{name}: *{argument.name} is not allowed; name each input and each parameter")
        if argument.kind is argument.KEYWORD_ONLY:
            parameters[argument.name] = argument.default
        elif argument.default is argument.empty:
            inputs.append(argument.name)
        else:
            raise DeclarationError(
                f"{name}: {argument.name} has a default; write parameters after a star: {name}(x, *, "
                f"{argument.name}={argument.default})"
            )
    return tuple(inputs), parameters
