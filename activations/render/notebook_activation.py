"""Activations and the registry in notebooks: a table of facts beside a picture. `activations.faces` finds it.

Backgrounds and letters are the notebook's own, light or dark; what is drawn can be read on both.
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from activations.axis import AxisActivation, AxisVariant
from activations.declare import Activation, Variant
from activations.properties import measure
from activations.render.html import visible
from activations.render.property_words import property_facts
from activations.render.shapes import draw_shapes
from activations.render.style import ON_ANY, figure_bytes
from activations.shape import shape_info

if TYPE_CHECKING:
    from activations.registry import Registry

__all__ = ["activation_html", "registry_html"]

WIDTH = 420  # of the picture on the screen, in pixels
DPI = 110.0
MAP_DPI = 80.0  # of a function of two inputs, whose colours compress badly
LONGEST = 300  # characters of a formula
LEFT = ' style="text-align:left;vertical-align:top"'
BREAKABLE = ' style="text-align:left;overflow-wrap:anywhere;white-space:normal"'

Facts = list[tuple[str, str]]


def activation_html(item: Activation | Variant | AxisActivation | AxisVariant) -> str:
    """An activation as HTML without scripts, whose foreign text is text.

    What a plugin's code raises when it is drawn becomes a sentence in place of the picture.
    """
    variant = item.variant() if isinstance(item, (Activation, AxisActivation)) else item
    declared = variant.activation
    learnt = getattr(variant, "learnable", ())
    settings = ", ".join(f"{n}={value:.6g}{' (learnt)' if n in learnt else ''}" for n, value in variant.values)
    facts: Facts = [("Formula", _cut(str(declared.formula))), ("Parameters", settings)]
    home = declared.function.__module__.removeprefix("__main__")  # a notebook's own module says nothing
    picture = ""
    if isinstance(variant, Variant):
        try:
            picture, found = _drawn(variant)
            facts += found
        except Exception as error:  # foreign code, and a notebook would show pages of traceback
            picture = f"<p>{_text(f'It can not be drawn: {type(error).__name__}: {error}')}</p>"
    facts += [
        ("Family", declared.family if home else ""),
        ("Source", "" if isinstance(declared, Activation) and not declared.has_paper else declared.paper),
        ("In torch", str(declared.native) if declared.native else ""),
        ("Also called", ", ".join(declared.aliases)),
        ("Declared in", home if not getattr(declared, "typed", False) else ""),
    ]
    rows = "".join(_row(name, text) for name, text in facts if text)
    return (
        f"<div><p><b>{_text(variant.label)}</b> {_text(declared.summary)}</p>"
        f'<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">{picture}'
        f"<table>{rows}</table></div></div>"
    )


def registry_html(registry: Registry) -> str:
    """The names of a registry by family; no plugin is loaded for it."""
    families: dict[str, list[str]] = {}
    for origin, facts in registry.facts():
        built_in = str(origin) == "built-in"
        families.setdefault(facts.family if built_in else f"{facts.family} ({origin})", []).append(facts.name)
    count = sum(map(len, families.values()))
    rows = "".join(_row(family, ", ".join(names)) for family, names in families.items())
    return f"<div><p><b>{count} activations</b> in {len(families)} families</p><table>{rows}</table></div>"


def _drawn(variant: Variant) -> tuple[str, Facts]:
    """The picture of the value and its derivative, and the facts that are measured."""
    info = shape_info(variant, orders=(0, 1))
    drawn = figure_bytes(draw_shapes([info], ON_ANY), "png", DPI if variant.inputs == 1 else MAP_DPI)
    about = _text(f"{variant.label} and its derivative")
    picture = f'<img alt="{about}" width="{WIDTH}" src="data:image/png;base64,{base64.b64encode(drawn).decode()}">'
    slope = [("Derivative", _cut(info.slope_formula))] if variant.inputs == 1 else []
    return picture, [*slope, *property_facts(measure(variant))]


def _row(name: str, text: str) -> str:
    return f"<tr><th{LEFT}>{_text(name)}</th><td{BREAKABLE}>{_text(text)}</td></tr>"


def _cut(formula: str) -> str:
    return formula if len(formula) <= LONGEST else formula[: LONGEST - 1] + "…"


def _text(text: str) -> str:
    return escape(visible(text))
