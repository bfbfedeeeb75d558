"""How docstrings are read, and what the names in annotations link to."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from site_pages.api_pages import GROUPS
from site_pages.plain_text import as_rst

__all__ = ["setup"]

# Modules of bare names in annotations; the last one is imported by a function alone.
FOREIGN = (
    *("builtins", "typing", "collections.abc", "torch", "torch.nn", "numpy", "numpy.typing", "pathlib"),
    "activations.networks.torch_module",
)


def setup(app: Sphinx) -> None:
    """Read docstrings so, and know which names of annotations have no page."""
    # Before napoleon, whose own markup is to stay.
    app.connect("autodoc-process-docstring", _read, priority=1)
    app.connect("missing-reference", _resolve)


def _read(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(lines)
    if what == "property" and lines:
        # Napoleon takes what stands before a colon for the type, which the annotation has told already.
        lines[0] = f": {lines[0]}"


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.Element | None:
    """A name of an annotation: a link to its public page, or plain text if it is a real name; else None, a warning."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    documented = {name: f"{module}.{name}" for _, module, _, names in GROUPS for name in names}
    last = target.rpartition(".")[2]
    if last in documented and (target == last or target.startswith("activations")):
        return env.domains["py"].resolve_xref(  # type: ignore[no-any-return]
            env, node["refdoc"], app.builder, node["reftype"], documented[last], node, contnode
        )
    return contnode if _exists(target) else None


def _exists(target: str) -> bool:
    """Whether a dotted name can be imported; a bare one may be of any module of ours, which import it for its type."""
    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
            for part in parts[length:]:
                found = getattr(found, part)
        except (ImportError, AttributeError):
            continue
        return True
    return len(parts) == 1 and (
        any(hasattr(importlib.import_module(home), target) for home in FOREIGN)
        or any(hasattr(module, target) for name, module in list(sys.modules.items()) if name.startswith("activations"))
    )
