"""Open the built site from its folder in Chromium, without a network: no error, no request elsewhere, a search works.

    python .ci/check_site.py docs/_build/html [--all]

Of the pages of activations, which are made alike, every sixth is opened without --all; of the others each. Fails with a
line for each fault.
"""

import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOCAL = ("file", "data", "blob", "about")
SAMPLED, EVERY = "activations", 6
SEARCHED = "gelu"
PATIENCE = 20_000  # milliseconds


def chosen(folder: Path, *, everything: bool = False) -> list[Path]:
    """The pages of a site that are opened."""
    pages = sorted(folder.rglob("*.html"))
    sampled = [path for path in pages if path.parent == folder / SAMPLED and path.name != "index.html"]
    left_out = set() if everything else {path for number, path in enumerate(sampled) if number % EVERY}
    return [path for path in pages if path not in left_out]


def faults(folder: Path, pages: Iterable[Path], *, searches: bool = True) -> list[str]:
    """What goes wrong on pages of a site, a line each.

    Args:
        folder: the site.
        pages: the pages to open.
        searches: also search for a word, as somebody who types it.
    """
    from playwright.sync_api import sync_playwright

    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        place = ""

        def tell(text: str) -> None:
            line = f"{place}: {' '.join(text.split())[:300]}"
            if line not in found:
                found.append(line)

        watch(page, tell)
        for path in pages:
            place = path.relative_to(folder).as_posix()
            try:
                page.goto(path.as_uri(), wait_until="load")
                page.evaluate("new Promise(done => requestIdleCallback(done, {timeout: 300}))")  # scripts go on
            except Exception as error:  # playwright's own, of several kinds
                tell(str(error))
        if searches:
            place = "search.html"
            search(page, folder, tell)
        browser.close()
    return found


def watch(page: Any, tell: Any) -> None:
    """Whatever goes wrong on a page becomes a fault, and so does each request that leaves the folder."""
    page.on("pageerror", lambda error: tell(f"an error: {error}"))
    page.on("console", lambda said: tell(f"on the console: {said.text}") if said.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: (tell(f"a dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: None if is_local(asked.url) else tell(f"it asks for {asked.url}"))
    # A picture that is still loading is given up when the next page is opened.
    failed = "net::ERR_ABORTED"
    page.on("requestfailed", lambda asked: asked.failure == failed or tell(f"it gets no {asked.url}: {asked.failure}"))


def is_local(url: str) -> bool:
    """Whether nothing but the folder is needed for it."""
    return url.partition(":")[0] in LOCAL


def search(page: Any, folder: Path, tell: Any) -> None:
    """Type a word into the search box of the first page, and open the first result."""
    try:
        page.goto((folder / "index.html").as_uri())
        page.locator("input[name=q]").first.fill(SEARCHED)
        page.keyboard.press("Enter")
        results = page.locator("#search-results li a")
        results.first.wait_for()
        if not any(SEARCHED in href for href in results.evaluate_all("links => links.map(a => a.href)")):
            tell(f"a search for {SEARCHED} does not find its page")
        results.first.click()
        page.wait_for_url(lambda url: "search.html" not in url)
    except Exception as error:
        tell(f"a search for {SEARCHED} fails: {error}")


def report(lines: Iterable[str]) -> int:
    """Print the faults; gives the exit code."""
    lines = list(lines)
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    if CHROMIUM is None:
        print("not checked: no Chromium is installed")
        sys.exit(0)
    site, start = Path(sys.argv[1]).resolve(), time.monotonic()
    if not (site / "index.html").is_file():
        sys.exit(f"{site} holds no site; 'make docs' builds it")
    opened = chosen(site, everything="--all" in sys.argv)
    code = report(faults(site, opened))
    print(f"{len(opened)} pages opened without a network in {time.monotonic() - start:.0f} s")
    sys.exit(code)
