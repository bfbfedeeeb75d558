"""The reference of the Python names, in groups; every public name stands in exactly one of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx

import activations
import activations.errors
import activations.testing
from site_pages.made import write_made

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
DESCRIBED = {"hookimpl": "Marks a function of a plugin's module as the implementation of the hook of its name."}


def setup(app: Sphinx) -> None:
    """Make the pages before any is read."""
    app.connect("builder-inited", _make)


def api_page(module: str, title: str, names: tuple[str, ...]) -> str:
    """One page of the reference."""
    home = import_module(module)
    return "\n\n".join([f"# {title}", f"All of these are names of `{module}`.", *_entries(home, names)]) + "\n"


def _make(app: Sphinx) -> None:
    listed = [name for _, module, _, names in GROUPS if module in ("activations", "activations.errors") for name in names]
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
            yield f"```{{eval-rst}}\n.. py:decorator:: {module}.{name}\n\n   {DESCRIBED[name]}\n```"
            continue
        if inspect.isclass(found):
            body = f".. autoclass:: {module}.{name}\n   :members:"
        elif inspect.isroutine(found):
            body = f".. autofunction:: {module}.{name}"
        else:
            body = f".. autodata:: {module}.{name}\n   :no-value:"
        yield f"```{{eval-rst}}\n{body}\n```"
