"""Pages that need no network: foreign text made harmless, data for scripts, and the policy that a browser obeys."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.resources
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

__all__ = ["asset", "digest", "environment", "markup", "policy", "script_json", "visible"]

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; {more}img-src {images}; "
    "base-uri 'none'; form-action 'none'"
)


def policy(scripts: Sequence[str], styles: Sequence[str], *, images: str = "'self' data:", more: str = "") -> Any:
    """A Content-Security-Policy under which a browser runs these scripts and styles and no others.

    Args:
        scripts: the texts of all script elements.
        styles: the texts of all style elements.
        images: where pictures may come from.
        more: further directives, each with a semicolon and a blank behind.
    """
    quoted = [" ".join(f"'{digest(text)}'" for text in texts) for texts in (scripts, styles)]
    return markup()(POLICY.format(scripts=quoted[0], styles=quoted[1], images=images, more=more))


def visible(text: str) -> str:
    """Foreign text with a sign in place of each character that would act on the text around it."""
    return "".join(_sign(letter) for letter in text)


def _sign(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return letter
    code = ord(letter)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else f"‹U+{code:04X}›"


def script_json(value: Any) -> str:
    """Strict JSON that can stand in a script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def digest(text: str) -> str:
    """How a policy names a script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def asset(folder: str, name: str) -> str:
    """The text of a file that a page is made of, from a folder of `activations.render`."""
    place = importlib.resources.files("activations.render").joinpath(folder)
    return place.joinpath(name).read_text(encoding="utf-8")


def markup() -> Any:
    """The type of text that is inserted as it is."""
    from markupsafe import Markup

    return Markup


@functools.cache
def environment(folder: str) -> Any:
    """Templates of a folder of `activations.render`; what is inserted into HTML is escaped."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(functools.partial(asset, folder)),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
    made.filters["breakable"] = _breakable
    return made


def _breakable(text: str) -> Any:
    """A name that may be broken after its underscores."""
    made = markup()
    return made("_<wbr>").join(made.escape(part) for part in text.split("_"))
