"""Examples at a terminal, shown with what the real commands print while the site is built.

    ```{terminal}
    activations show mish
    ```

runs the command and shows both. The commands of a page share a folder; `{file} NAME` shows a file and puts it there
(without content: the file of that name beside the page), and `{drawn} NAME` shows a picture that they made.
"""

from __future__ import annotations

import html
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

__all__ = ["Drawn", "Terminal", "WrittenFile", "printed", "setup"]

log = logging.getLogger(__name__)
COLUMNS = 84
CHECKOUT = f"{Path(__file__).parents[2]}{os.sep}"  # which no page names
SHOWN_ROWS = 5  # of a file that stands beside the page
# One process, whose results do not depend on the machine's cores; nothing of whoever builds is read or written.
SURROUNDINGS = {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "ACTIVATIONS_CONFIG": "", "ACTIVATIONS_BENCH_JOBS": "1"}


def setup(app: Sphinx) -> None:
    """Add the directives."""
    app.connect("doctree-read", _clean)
    app.add_directive("terminal", Terminal)
    app.add_directive("file", WrittenFile)
    app.add_directive("drawn", Drawn)


def printed(line: str, folder: Path, *, apart: bool = False) -> tuple[int, str, str]:
    """Run one command line of ours in a folder.

    Args:
        line: what is typed.
        folder: where.
        apart: in a process of its own, which costs the imports once more.

    Returns:
        Exit code, standard output, standard error.
    """
    from click.testing import CliRunner

    from activations_cli.main import cli

    name, *words = shlex.split(line)
    if name != "activations":
        raise ValueError(f"{line!r} can't be run here: only 'activations …' is; show it as a block of sh")
    with chdir(folder), tempfile.TemporaryDirectory() as home:
        places = dict.fromkeys(("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), home)
        if (folder / "activations.toml").exists():
            places["ACTIVATIONS_CONFIG"] = str(folder / "activations.toml")
        if apart:
            command = [sys.executable, "-m", "activations", *words]
            path = os.pathsep.join(part for part in sys.path if part)
            surroundings = {**os.environ, **SURROUNDINGS, **places, "PYTHONPATH": path}
            ended = subprocess.run(command, env=surroundings, capture_output=True, encoding="utf-8", check=False)
            return ended.returncode, ended.stdout, ended.stderr
        result = CliRunner().invoke(cli, words, env={**SURROUNDINGS, **places}, prog_name="activations")
    return result.exit_code, result.stdout, result.stderr


class Terminal(SphinxDirective):
    """Commands and what they print."""

    has_content = True
    option_spec: ClassVar = {
        "exit": directives.nonnegative_int,  # the code with which the last one ends, unless 0
        "apart": directives.flag,  # a process of its own for each, which forgets files that have changed
        "head": directives.positive_int,  # so many lines of what is printed; dots stand for the others
    }

    def run(self) -> list[nodes.Node]:
        """Run them and show both."""
        shown = []
        expected = self.options.get("exit", 0)
        lines = [line for line in self.content if line.strip()]
        for line in lines:
            code, out, err = printed(line, page_folder(self), apart="apart" in self.options)
            if code != (expected if line == lines[-1] else 0):
                log.warning("%r ended with %d: %s", line, code, (err or out).strip(), location=self.get_location())
            told = (out + ("" if out.strip() else err)) if code == 0 else out + err
            told = told.replace(CHECKOUT, "")
            rows = [row.rstrip() for row in told.rstrip().splitlines()]
            most = self.options.get("head")
            if most and len(rows) > most:
                rows = [*rows[:most], "…"]
            shown += [f"$ {line}", *rows]
        text = "\n".join(shown)
        block = nodes.literal_block(text, text, language="console", classes=["terminal"])
        self.set_source_info(block)
        return [block]


class WrittenFile(SphinxDirective):
    """A file: shown, and put where the page's commands find it."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write it and show it under its name."""
        name = self.arguments[0]
        if self.content:
            text = "\n".join(self.content) + "\n"
        else:
            source = Path(self.env.doc2path(self.env.docname)).parent / name
            self.env.note_dependency(str(source))
            text = source.read_text(encoding="utf-8")
        (page_folder(self) / name).write_text(text, encoding="utf-8")
        if not self.content:
            rows = text.splitlines()
            text = "\n".join([*rows[:SHOWN_ROWS], f"… {len(rows) - SHOWN_ROWS} more lines"])
        language = {".py": "python", ".toml": "toml", ".csv": "text"}[Path(name).suffix]
        block = nodes.literal_block(text, text, language=language)
        caption = nodes.caption("", "", nodes.literal(name, name))
        return [nodes.container("", caption, block, literal_block=True, classes=["literal-block-wrapper"])]


class Drawn(SphinxDirective):
    """A picture that the commands of the page made; a second one is for dark surroundings."""

    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Keep the pictures beside the pages and show them."""
        shown = []
        for theme, name in zip(("light", "dark"), self.arguments, strict=False):
            kept = f"_drawn/{self.env.docname.replace('/', '-')}-{name}"
            place = Path(self.env.app.outdir) / kept
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page_folder(self) / name, place)
            only = f" only-{theme}" if len(self.arguments) > 1 else ""
            up = "../" * self.env.docname.count("/")
            alt = html.escape(self.options["alt"], quote=True)
            shown.append(f'<img class="curves{only}" loading="lazy" src="{up}{kept}" alt="{alt}">')
        return [nodes.raw("", f"<p>{''.join(shown)}</p>", format="html")]


def page_folder(directive: SphinxDirective) -> Path:
    """The folder that the commands of this page share while it is read."""
    kept: dict[str, Any] = directive.env.temp_data
    if "terminal_folder" not in kept:
        kept["terminal_folder"] = tempfile.mkdtemp()
    return Path(os.path.realpath(kept["terminal_folder"]))


def _clean(app: Sphinx, doctree: nodes.document) -> None:
    """Remove the folder of a page that is read."""
    folder = app.env.temp_data.get("terminal_folder")
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
