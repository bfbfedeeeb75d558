"""Pages about a hostile plugin that is really installed, in Debian's Chromium: its text is text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activations.testing import PluginSandbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = (
    "<script>window.__pwn = 1</script><img src=x onerror='window.__pwn = 2'>\"' onclick=window.__pwn=3 ]]>--></style>"
    " [click](javascript:window.__pwn=4) \\def\\x{\\x\\x}\\x $\\frac{$ \x1b[31mred\x1b[0m \u202egnp {{ 7*7 }} {% raw %}"
)
CODE = f"""
from activations import Target, activation, hookimpl

def documented(function):
    function.__doc__ = {HOSTILE[:290]!r} + "\\n\\n" + {HOSTILE!r} + "long " * 1_000_000
    return function

@activation(formula="x*x*x", paper={HOSTILE[:150]!r})
@documented
def hostile(x):
    return x * x * x

@hookimpl
def provide_activations():
    return [hostile]

@hookimpl
def provide_targets():
    texts = dict.fromkeys(("title", "source", "group"), {HOSTILE!r})
    return [Target("hostile_target", ((-1, 1),), formula="x^2", **texts)]
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    with PluginSandbox(tmp_path_factory.mktemp("hostile")) as sandbox:
        metadata = {"Version": '1.0"><script>window.__pwn = 5</script>', "Summary": HOSTILE.replace("\n", " ")}
        sandbox.add("hostile-plugin", code=CODE, metadata=metadata)
        drawn = sandbox.run("gallery", "hostile", "tanh", "-o", "gallery")
        assert drawn.returncode == 0, drawn.stderr
        ranked = sandbox.run(
            *("bench", "hostile_target", "-a", "hostile", "-a", "tanh", "--steps", "5", "--seeds", "2", "-j", "1"),
            *("-o", "report"),
        )
        assert ranked.returncode == 0, ranked.stderr
        for arguments in (["show", "hostile"], ["plugins"], ["list", "hostile"], ["targets"], ["cite", "hostile"]):
            shown = sandbox.run(*arguments, "--color", "never")
            assert shown.returncode == 0
            assert "\x1b" not in shown.stdout + shown.stderr
            assert "\u202e" not in shown.stdout + shown.stderr
            assert len(shown.stdout) < 200_000
        (row,) = json.loads(sandbox.run("plugins", "--json").stdout)
        assert row["version"].startswith('1.0"><script>')
        yield [*(sandbox.work / "gallery").rglob("*.html"), sandbox.work / "report" / "report.html"]


def watched(page: Any, problems: list[str]) -> Any:
    """A page whose dialogs, errors and requests become problems."""
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    local = ("file", "data", "blob")
    page.on("request", lambda asked: None if asked.url.split(":")[0] in local else problems.append(asked.url))
    return page


@pytest.mark.torture(58, 84)
def test_the_pages_run_nothing_of_it(pages: list[Path]) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    api: Any = pytest.importorskip("playwright.sync_api", reason="the Python package playwright drives Chromium")
    assert len(pages) == 2
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in pages:
            problems: list[str] = []
            page = watched(browser.new_page(), problems)
            page.goto(path.as_uri())
            page.wait_for_load_state("load")
            assert problems == []
            assert page.evaluate("window.__pwn") is None
            assert page.locator("meta[http-equiv='Content-Security-Policy']").count() == 1
            assert "window.__pwn" in page.content()  # it is there, as text
            page.close()
        browser.close()
