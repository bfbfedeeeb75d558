"""The gallery's page: one file without a network, whose curves are evaluated in the page.

The curves are drawn as SVG by a script of our own rather than by plotly: the page is some hundred kilobytes and not
five megabytes, its policy allows scripts and styles by their digest alone (no inline style, no eval), jumps stay gaps,
and three hundred cards cost a few nodes each.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from activations.citation import bibtex
from activations.errors import DeclarationError, ExpressionError
from activations.expression.javascript import javascript_runtime
from activations.render.html import asset, environment, markup, policy, script_json, visible
from activations.render.mathml import mathml
from activations.render.property_words import property_facts
from activations.render.style import THEMES

if TYPE_CHECKING:
    from activations.declare import Activation
    from activations.render.gallery_entry import GalleryEntry

__all__ = ["page_html"]

TAGS = ("monotone", "odd", "even", "smooth", "bounded", "convex", "parametric")
STEPS = 200  # at least so many from one end of a slider to the other
SECOND_INPUT = 1.0  # where a function of two inputs is cut at first
ASSETS = "page_assets"


def page_html(entries: Sequence[GalleryEntry], *, title: str, beside: Sequence[tuple[str, str]] = ()) -> str:
    """The whole page.

    Args:
        entries: what it shows, in order.
        title: its heading.
        beside: titles and paths of other pages beside it.

    Returns:
        HTML that needs no other file but the entries' static pictures, and no network. Foreign text in it is text:
        markup and control characters are shown, never obeyed.
    """
    described = [_described(entry) for entry in entries]
    families = Counter(item["family"] for item in described)
    tags = Counter(tag for item in described for tag in item["tags"])
    style = environment(ASSETS).get_template("page.css").render(light=THEMES["light"], dark=THEMES["dark"])
    script = _script([_curves(entry.variant.activation) for entry in entries])
    text = markup()
    page: str = (
        environment(ASSETS)
        .get_template("page.html")
        .render(
            title=visible(title),
            entries=described,
            beside=beside,
            families=list(families.items()),
            tags=[(tag, tags[tag]) for tag in TAGS if tags[tag]],
            data=text(script_json([{**item, "haystack": _haystack(item)} for item in described])),
            style=text(style),
            script=text(script),
            policy=policy([script], [style]),
        )
    )
    return page


def _described(entry: GalleryEntry) -> dict[str, Any]:
    """What the template and the script know of an entry: plain text, numbers and lists of them."""
    activation, info = entry.variant.activation, entry.info
    facts = property_facts(entry.properties)
    return {
        "id": visible(entry.variant.label),
        "name": visible(activation.name),
        "create": activation.formula.text if entry.origin == "typed" else activation.name,
        "aliases": [visible(alias) for alias in activation.aliases],
        "family": visible(entry.family),
        "origin": visible(str(entry.origin)),
        "summary": visible(activation.summary),
        "notes": visible(activation.notes),
        "paper": visible(activation.paper),
        "bibtex": _bibtex(activation),
        "input": activation.inputs[0],
        "formula": info.formula,
        "latex": info.latex,
        "slope": info.slope_formula,
        "slope_latex": info.slope_latex,
        "math": {"formula": mathml(info.latex), "slope": mathml(info.slope_latex) if info.slope_latex else None},
        "sliders": _sliders(entry),
        "window": list(info.window),
        "facts": facts,
        "range": dict(facts).get("Range", ""),
        "tags": _tags(entry),
        "picture": quote(entry.picture),
        "dark": quote(entry.picture_dark) if entry.picture_dark else None,
    }


def _curves(activation: Activation) -> list[str]:
    """The function and its first two derivatives as JavaScript; "null" for one that is too long."""
    names = [*activation.inputs, *activation.defaults]
    found = []
    for order in range(3):
        try:
            found.append(activation.formula.derivative(activation.inputs[0], order).to_javascript(names))
        except ExpressionError:
            found.append("null")
    return found


def _bibtex(activation: Activation) -> str:
    try:
        return bibtex([activation])
    except DeclarationError:
        return ""  # a typed formula has no source


def _script(curves: Sequence[Sequence[str]]) -> str:
    lines = ",\n".join(f"[{', '.join(row)}]" for row in curves)
    script = f"{javascript_runtime()}const CURVES = [\n{lines}\n];\n{asset(ASSETS, 'page.js')}"
    # Ours alone, yet nothing in it may end the element that holds it.
    if "</" in script or "<!--" in script:
        raise ValueError("the page's script holds '</' or '<!--', which would end it early; write it in another way")
    return script


def _sliders(entry: GalleryEntry) -> list[dict[str, Any]]:
    """The second input, if there is one, and the parameters, each with the ends of its slider."""
    activation = entry.variant.activation
    found = [{"name": name, **_reach(SECOND_INPUT), "input": True} for name in activation.inputs[1:]]
    for name, value in entry.variant.values:
        found.append({"name": name, **_reach(value), "default": activation.defaults[name], "input": False})
    return found


def _reach(value: float) -> dict[str, float]:
    """A slider on which the value is one of the steps."""
    span = 3.0 * max(1.0, abs(value)) if value else 4.0
    step = 10.0 ** math.floor(math.log10(span / STEPS))
    step *= max(factor for factor in (1.0, 2.0, 5.0) if factor * step <= span / STEPS)
    low = -span / 2 if value == 0 else (0.0 if value > 0 else -span)
    first = value - math.floor((value - low) / step + 1e-9) * step
    return {"value": value, "low": round(first, 12), "high": round(low + span, 12), "step": float(f"{step:.12g}")}


def _tags(entry: GalleryEntry) -> list[str]:
    properties = entry.properties
    bounds = properties.range
    holds = {
        "monotone": properties.monotone is not None,
        "odd": properties.parity == "odd",
        "even": properties.parity == "even",
        "smooth": properties.smoothness == "smooth",
        "bounded": bounds is not None and all(math.isfinite(bound.value) for bound in bounds),
        "convex": properties.curvature in ("convex", "linear"),
        "parametric": bool(entry.variant.values),
    }
    return [tag for tag in TAGS if holds[tag]]


def _haystack(item: Mapping[str, Any]) -> str:
    parts = [item["id"], item["name"], *item["aliases"], item["family"], item["summary"], item["paper"], item["origin"]]
    return " ".join(parts).lower()
