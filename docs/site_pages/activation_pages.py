"""One page per activation, made of its declaration; and the overview of all of them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from sphinx.application import Sphinx

from activations import catalogue
from activations.axis import AxisActivation
from activations.citation import bibtex
from activations.declare import Activation
from activations.errors import ExpressionError
from activations.expression import Expression
from site_pages.made import write_made
from site_pages.markdown import escaped, fence, raw, table
from site_pages.mathematics import formula_html
from site_pages.onnx_facts import as_onnx
from site_pages.pictures import measured
from site_pages.sessions import session

__all__ = ["activation_page", "axis_page", "overview", "page_name", "setup"]

FOLDER = "activations"
PERMUTED = {
    "equivariant": "A permutation of its input permutes its output in the same way.",
    "invariant": "A permutation within a group of its input leaves its output as it is.",
}


def setup(app: Sphinx) -> None:
    """Make the pages before any is read."""
    app.connect("builder-inited", _make)


def page_name(item: Activation | AxisActivation) -> str:
    """The file of its page, without an ending."""
    return item.name.replace("_", "-")


def activation_page(item: Activation) -> str:
    """The page of an elementwise activation."""
    facts = measured()[item.name]
    pictures = f"../gallery/{facts['picture']}", f"../gallery/{facts['dark']}"
    parts = [
        *_top(item),
        "## Formula",
        raw(formula_html(item.formula.latex(), _call(item))),
        fence("text", str(item.formula)),
        *_derivatives(item),
        "## Curves",
        raw(
            "".join(
                f'<img class="curves only-{theme}" loading="lazy" src="{html.escape(picture)}" '
                f'alt="{item.name}, its derivative and its second derivative">'
                for theme, picture in zip(("light", "dark"), pictures, strict=True)
            )
            + f'<p><a href="../gallery/index.html#{item.name}">Move its parameters and read values in the interactive '
            "page</a></p>"
        ),
        "## Use it",
        fence("pycon", session(_lines(item))),
        f"On the command line: `activations show {item.name}`, `activations bench sin -a {item.name} -a relu`.",
        as_onnx(item.name),
        *_parameters(item),
        "## Measured",
        table(("what", "value"), [(name, text) for name, text in facts["facts"]]),
        *_notes(item),
        *_source(item),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def axis_page(item: AxisActivation) -> str:
    """The page of a function over a dimension."""
    rows = [(f"`{name}`", f"{value}") for name, value in item.defaults.items()]
    size = 12 if item.divisor else 4
    shape = (1, size, 1, 1) if item.ranks else (size,)
    lines = [
        "import torch, activations",
        f'act = activations.create("{item.name}"{"" if item.ranks else ", dim=0"})',
        f"x = torch.linspace(-1, 1, {size}).reshape({shape})" if item.ranks else f"x = torch.linspace(-1, 1, {size})",
        "act(x).flatten()" if item.ranks else "act(x)",
    ]
    parts = [
        *_top(item),
        "## Formula",
        fence("text", item.formula),
        "## Use it",
        fence("pycon", session(lines)),
        as_onnx(item.name),
        "## Parameters",
        table(("name", "default"), rows),
        f"**Kinks**: {escaped(item.kinks)}" if item.kinks else "",
        PERMUTED[item.permutation] if item.permutation else "",
        *_notes(item),
        *_source(item),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def overview(items: Sequence[Activation], over_dimension: Sequence[AxisActivation]) -> str:
    """The page that leads to all of them."""
    families: dict[str, list[Activation]] = {}
    for item in items:
        families.setdefault(item.family, []).append(item)
    parts = [
        "# All activations",
        f"{len(items)} elementwise activations in {len(families)} families, and {len(over_dimension)} functions over a "
        "dimension. Each has a page that is made of its declaration: the formula, its derivative, curves, parameters, "
        "what was measured of it, and its source.",
        raw('<p>All on one <a href="../gallery/index.html">interactive page</a>, with sliders for the parameters.</p>'),
    ]
    for family, members in families.items():
        parts += [f"## {family}", raw(f'<div class="pictures">{"".join(map(_thumbnail, members))}</div>')]
    rows = [(f"[`{item.name}`]({page_name(item)}.md)", escaped(item.summary)) for item in over_dimension]
    parts += ["## Over a dimension", table(("name", "what it is"), rows)]
    return "\n\n".join(parts) + "\n"


def _make(app: Sphinx) -> None:
    elementwise, axes = list(catalogue.declarations()), list(catalogue.axis_declarations())
    pages = {f"{page_name(item)}.md": activation_page(item) for item in elementwise}
    pages |= {f"{page_name(item)}.md": axis_page(item) for item in axes}
    write_made(Path(app.srcdir) / FOLDER, {**pages, "index.md": overview(elementwise, axes)})


def _top(item: Activation | AxisActivation) -> list[str]:
    titles = {"orphan": "true"}
    also = ", ".join(f"`{alias}`" for alias in item.aliases)
    # The overview lists them: hundreds of entries in the column of every page would help nobody.
    return [
        "---\n" + "\n".join(f"{key}: {value}" for key, value in titles.items()) + "\n---",
        raw(f'<p class="crumbs"><a href="index.html">All activations</a> / {_family_link(item)}</p>'),
        f"# {item.name}",
        escaped(item.summary),
        f"Also called {also}." if also else "",
        f"In torch: `{item.native}`{_differs(item)}." if item.native else "",
    ]


def _family_link(item: Activation | AxisActivation) -> str:
    anchor = "over-a-dimension" if isinstance(item, AxisActivation) else item.family
    return f'<a href="index.html#{anchor}">{html.escape(anchor.replace("-", " "))}</a>'


def _differs(item: Activation | AxisActivation) -> str:
    differs = getattr(item, "native_differs", "")
    return f", which differs: {escaped(differs)}" if differs else ""


def _call(item: Activation) -> str:
    return rf"f\left({', '.join(item.inputs)}\right)" if all(len(name) == 1 for name in item.inputs) else ""


def _derivatives(item: Activation) -> list[str]:
    parts = []
    for name in item.inputs:
        parts.append("## Derivative" if len(item.inputs) == 1 else f"## Derivative in {name}")
        slope = _slope(item, name)
        if slope is None:
            parts.append("The closed form would fill pages; `activations derive` evaluates it by several means.")
            continue
        left = _call(item).replace("f", "f'", 1) if len(item.inputs) == 1 else ""
        parts += [raw(formula_html(slope.latex(), left)), fence("text", str(slope))]
    return [*parts, *_kinks(item)]


def _kinks(item: Activation) -> list[str]:
    if not item.kinks:
        return []
    found = item.variant().kinks or ()
    formulas = [str(kink) for kink in item.kinks]
    places = ", ".join(f"{place:.6g}" for place in found) or "nowhere"
    declared = "" if not item.parameters else f"; declared as {', '.join(f'`{formula}`' for formula in formulas)}"
    return [f"At its defaults it has kinks, where the derivative jumps or does not exist, at: {places}{declared}."]


def _slope(item: Activation, name: str) -> Expression | None:
    try:
        return item.formula.derivative(name)
    except ExpressionError:
        return None


def _lines(item: Activation) -> list[str]:
    tail = ".eval()" if item.training else ""
    lines = ["import torch, activations", f'act = activations.create("{item.name}"){tail}']
    if len(item.inputs) == 1:
        return [*lines, "act(torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))"]
    first, second = "torch.tensor([-1.0, 0.0, 1.0])", "torch.tensor([2.0, 2.0, 2.0])"
    return [*lines, f"act({first}, {second})"]


def _parameters(item: Activation) -> list[str]:
    if not item.parameters:
        return []
    first = item.parameters[0]
    rows = [
        (f"`{name}`", f"{value:.6g}", "yes" if name in item.learnable else "on request")
        for name, value in item.defaults.items()
    ]
    wanted = f"{first.name}={first.default:.6g}"
    return [
        "## Parameters",
        table(("name", "default", "learnt"), rows),
        f'Set one with `activations.create("{item.name}", {wanted})` or as `{item.name}:{wanted}` on the command line; '
        f'learn one with `activations.create("{item.name}", learnable="{first.name}")`.',
    ]


def _notes(item: Activation | AxisActivation) -> list[str]:
    parts = [escaped(item.notes)] if item.notes else []
    for name, reason in getattr(item, "same_at_defaults", {}).items():
        parts.append(f"At its defaults it equals `{name}`: {escaped(reason)}.")
    if getattr(item, "init", None):
        parts.append(f"It brings first weights of its own: uniform, bounds `{item.init}`.")  # type: ignore[union-attr]
    return ["## Notes", *parts] if parts else []


def _source(item: Activation | AxisActivation) -> list[str]:
    return [
        "## Source",
        escaped(item.paper),
        fence("bibtex", bibtex([item]).rstrip()),
        f"Proved by `activations check {item.name}`; its declaration stands in "
        f"`{'/'.join(Path(item.source.rpartition(':')[0]).parts[-3:])}`.",
    ]


def _thumbnail(item: Activation) -> str:
    facts = measured()[item.name]
    images = "".join(
        f'<img class="only-{theme}" loading="lazy" width="461" height="331" src="../gallery/{html.escape(facts[key])}" '
        'alt="">'
        for theme, key in (("light", "picture"), ("dark", "dark"))
    )
    return f'<a href="{page_name(item)}.html" title="{html.escape(item.summary)}">{images}{item.name}</a>'
