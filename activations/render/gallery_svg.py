"""Making matplotlib's SVG files small without a visible change."""

from __future__ import annotations

import re

__all__ = ["compact_svg"]

REMARKS = re.compile(r"<!--.*?-->|<!DOCTYPE.*?>|<metadata>.*?</metadata>", re.DOTALL)
INVISIBLE = re.compile(r'<path d="[^"]*" style="fill: none"/>')
EMPTY = re.compile(r'<g(?: id="[^"]*")?(?:/>|>\s*</g>)|<defs>\s*</defs>')
STYLE = re.compile(r'(?<= style=")[^"]*(?=")')
PATH = re.compile(r'(?<= d=")[^"]*(?=")')
PLACED = re.compile(r' (?:x|y|x1|x2|y1|y2)="[^"]*"|translate\([^)]*\)')
LONG = re.compile(r"-?\d+\.\d{3,}")
TOKEN = re.compile(r"[A-Za-z]|-?\d+(?:\.\d+)?(?:e-?\d+)?")
PAIRS = {"M": 1, "L": 1, "Q": 2, "C": 3}
FINE = 100  # hundredths of a point: below what a screen at tenfold zoom shows


def compact_svg(picture: bytes) -> bytes:
    """The same picture with rounded relative coordinates, and without metadata, remarks and blank paths.

    Args:
        picture: an SVG file that matplotlib wrote.
    """
    text = REMARKS.sub("", picture.decode("utf-8"))
    text = INVISIBLE.sub("", text)
    text = PATH.sub(lambda match: _relative(match[0]), text)
    text = PLACED.sub(lambda match: LONG.sub(lambda n: _shown(_steps(n[0])), match[0]), text)
    text = STYLE.sub(lambda match: match[0].replace(": ", ":").replace("; ", ";"), text)
    before = ""
    while text != before:
        before, text = text, EMPTY.sub("", text)
    return re.sub(r">\s+<", "><", text).strip().replace("><g id=", ">\n<g id=").encode("utf-8") + b"\n"


def _relative(path: str) -> str:
    """A path of matplotlib's commands, all absolute, as relative ones.

    Steps are counted in whole hundredths, so that rounding errors do not add up.
    """
    tokens = TOKEN.findall(path)
    parts: list[str] = []
    x = y = start_x = start_y = at = 0
    last = ""
    while at < len(tokens):
        command = tokens[at].upper()
        at += 1
        if command == "Z":
            parts.append("z")
            x, y, last = start_x, start_y, ""
            continue
        numbers = [_steps(token) for token in tokens[at : at + 2 * PAIRS[command]]]
        at += len(numbers)
        steps = "".join(_joined(number - (x, y)[place % 2]) for place, number in enumerate(numbers))
        # A command is not repeated; the first one of a path is absolute all the same.
        parts.append(steps if command == last else command.lower() + steps.removeprefix(" "))
        x, y = numbers[-2:]
        if command == "M":
            start_x, start_y = x, y
        last = "" if command == "M" else command
    return "".join(parts)


def _joined(steps: int) -> str:
    text = _shown(steps)
    return text if text.startswith("-") else f" {text}"


def _steps(number: str) -> int:
    return round(float(number) * FINE)


def _shown(steps: int) -> str:
    text = f"{abs(steps) / FINE:.2f}".rstrip("0").rstrip(".")
    text = text.removeprefix("0") or "0"
    return f"-{text}" if steps < 0 else text
