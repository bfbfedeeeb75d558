"""The reference of the Python names, in groups; every public name stands in exactly one of them."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring

import activations
import activations.errors
import activations.testing
from site_pages.made import write_made
from site_pages.plain_text import as_rst

__all__ = ["GROUPS", "api_page", "setup"]

FOLDER = "reference"
# Page, module of the names, what the page is about, names.
GROUPS = (
    (
        "use",
        "activations",
        "Activations as modules and functions",
        ("create", "default_registry", "Registry", "Activation", "Variant", "AxisActivation", "AxisVariant", "swap",
         "Swap", "initialise", "UniformInit", "derivative", "bibtex"),
    ),
    (
        "declare",
        "activations",
        "Declaring your own",
        ("activation", "axis_activation", "formula_activation", "hookimpl"),
    ),
    (
        "measure",
        "activations",
        "Formulas, properties, pictures",
        ("parse", "Expression", "measure", "Properties", "derive", "Derivation", "similar", "Similarity", "shape_info",
         "ShapeInfo"),
    ),
    (
        "fit",
        "activations",
        "Targets, fits, benchmarks",
        ("benchmark", "Result", "fit", "Fit", "loss_surface", "Surface", "find_anomalies", "Anomalies", "Target",
         "function_target", "csv_target", "resolve_target"),
    ),
    (
        "onnx",
        "activations.onnx",
        "ONNX",
        ("onnx_model", "OnnxModel"),
    ),
    (
        "testing",
        "activations.testing",
        "Proving",
        tuple(activations.testing.__all__),
    ),
    (
        "errors",
        "activations.errors",
        "Errors",
        tuple(activations.errors.__all__),
    ),
)  # fmt: skip

# What has no docstring of ours.
DESCRIBED = {
    "hookimpl": ("decorator", "Marks a function of a plugin's module as the implementation of the hook of its name."),
    "CHECKS": ("data", "The names of the checks of an elementwise activation, in their order."),
    "AXIS_CHECKS": ("data", "The names of the checks of a function over a dimension, in their order."),
}


def setup(app: Sphinx) -> None:
    """Make the pages before any is read."""
    app.connect("builder-inited", _make)


def api_page(module: str, title: str, names: tuple[str, ...]) -> str:
    """One page of the reference."""
    home = import_module(module)
    return "\n\n".join([f"# {title}", f"All of these are names of `{module}`.", *_entries(home, names)]) + "\n"


def _make(app: Sphinx) -> None:
    listed = [
        name for _, module, _, names in GROUPS if module in ("activations", "activations.errors") for name in names
    ]
    wrong = (set(activations.__all__) - set(listed)) | {name for name in listed if listed.count(name) > 1}
    if wrong:
        raise ValueError(f"the reference must have once each of {sorted(wrong)}; mend GROUPS")
    pages = {f"{page}.md": api_page(module, title, names) for page, module, title, names in GROUPS}
    index = [
        "# Python",
        "Every public name, from its docstring. `import activations` alone loads neither torch nor matplotlib; a name "
        "is imported at its first use.",
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(page for page, *_ in GROUPS) + "\n```",
    ]
    write_made(Path(app.srcdir) / FOLDER, {**pages, "index.md": "\n\n".join(index) + "\n"})


def _entries(home: object, names: tuple[str, ...]) -> Iterator[str]:
    module = getattr(home, "__name__", "")
    for name in names:
        found = getattr(home, name)
        if name in DESCRIBED:
            kind, text = DESCRIBED[name]
            yield f"```{{eval-rst}}\n.. py:{kind}:: {module}.{name}\n\n   {text}\n```"
            continue
        if inspect.ismodule(found):  # `activations.benchmark` is called like the function in it
            function = getattr(found, name)
            body = f".. py:function:: {module}.{name}{signature(function)}\n\n{docstring(function)}"
        elif inspect.isclass(found):
            body = f".. autoclass:: {module}.{name}\n   :members:"
        elif inspect.isroutine(found):
            body = f".. autofunction:: {module}.{name}"
        else:
            body = f".. autodata:: {module}.{name}\n   :no-value:"
        yield f"```{{eval-rst}}\n{body}\n```"


def signature(function: Callable[..., Any]) -> str:
    """The parameters without annotations, which the text below describes."""
    found = inspect.signature(function)
    bare = [parameter.replace(annotation=parameter.empty) for parameter in found.parameters.values()]
    return str(found.replace(parameters=bare, return_annotation=found.empty))


def docstring(function: Callable[..., Any]) -> str:
    """A docstring as autodoc would read it, below a directive."""
    config = Config(napoleon_use_ivar=True)
    lines = as_rst((inspect.getdoc(function) or "").splitlines())
    return textwrap.indent(str(GoogleDocstring(lines, config, what="function")), "   ")
