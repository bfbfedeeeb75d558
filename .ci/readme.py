"""Rewrite the generated parts of README.md from the registry, or with --check say which of them are stale."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from activations import catalogue
from activations.fitting.targets import TARGETS

README = Path(__file__).parents[1] / "README.md"
LONGEST_FORMULA = 60
MARK = re.compile(r"(<!-- generated: (?P<part>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def activations() -> str:
    """The names of the built-in activations by family."""
    families: dict[str, list[str]] = {}
    for item in catalogue.declarations():
        families.setdefault(item.family, []).append(f"`{item.name}`")
    total = sum(map(len, families.values()))
    rows = [f"| family | {total} activations |", "|---|---|"]
    rows += [f"| {family} ({len(names)}) | {' '.join(names)} |" for family, names in families.items()]
    return "\n".join(rows)


def axis() -> str:
    """The functions over a dimension."""
    rows = ["| over a dimension | what it is |", "|---|---|"]
    rows += [f"| `{item.name}` | {_cell(item.summary)} |" for item in catalogue.axis_declarations()]
    return "\n".join(rows)


def targets() -> str:
    """The table of the targets."""
    rows = ["| name | what | domain | points |", "|---|---|---|---|"]
    for target in TARGETS:
        domain = " × ".join(f"[{low:g}, {high:g}]" for low, high in target.domain)
        short = 0 < len(target.formula) <= LONGEST_FORMULA
        what = f"`{_cell(target.formula)}`" if short else _cell(target.title)
        noise = f", noise {target.noise:g}" if target.noise else ""
        rows.append(f"| `{target.name}` | {what} | {domain} | {target.points}{noise} |")
    return "\n".join(rows)


PARTS: dict[str, Callable[[], str]] = {"activations": activations, "axis": axis, "targets": targets}


def generated(text: str) -> str:
    """The README with its generated parts made anew; the peers' audit belongs to benchmarks/peers.py."""

    def renewed(match: re.Match[str]) -> str:
        part = match["part"]
        return f"{match[1]}{PARTS[part]()}\n{match[3]}" if part in PARTS else match[0]

    return MARK.sub(renewed, text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    before = README.read_text(encoding="utf-8")
    after = generated(before)
    if "--check" in sys.argv and before != after:
        sys.exit("README.md is stale; run 'python .ci/readme.py'")
    README.write_text(after, encoding="utf-8")
