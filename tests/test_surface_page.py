"""The page of error surfaces in Debian's Chromium: live views within WebGL's limit, contours, and no network."""

import contextlib
import io
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from activations.networks.surface import loss_surfaces
from activations.render.surface import page as page_module
from activations.render.surface.page import LIVE, surface_page
from activations.render.surface.scale import scale_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A machine without a graphics card draws WebGL in software.
ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
LOCAL = ("file:", "data:", "blob:")
PHONE = {"viewport": {"width": 390, "height": 844}}
ADVICE = "willReadFrequently"  # of the browser to plotly.js on a canvas in which it measures text
HOSTILE = "<script>window.__pwn=1</script><img src=x onerror=window.__pwn=2>\x1b[31m=cmd|"
MOST = 16
# Notes every WebGL context that is made, and every one in the page that is lost.
WATCH = """
window.__contexts = []; window.__lost = 0;
const make = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const made = make.call(this, kind, ...rest);
  if (made && /webgl/.test(kind) && !window.__contexts.includes(made)) window.__contexts.push(made);
  return made;
};
document.addEventListener("webglcontextlost", () => { window.__lost += 1; }, true);
"""
WITHOUT_WEBGL = """
const make = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return /webgl/.test(kind) ? null : make.call(this, kind, ...rest);
};
"""
ACTIVATIONS = [
    *("tanh", "relu", "sine", "gelu", "elu", "selu", "mish", "silu", "softplus", "softsign", "sigmoid", "hardtanh"),
    *("leaky_relu", "relu6", "tanhshrink", "softshrink", "log_sigmoid", "celu", "cos(x)", "x**2", "exp(x)"),
]
SMALL = {"viewport": {"width": 620, "height": 700}}  # fewer pixels for WebGL in software


@pytest.fixture(scope="module")
def two():
    return loss_surfaces("sin(3*x)", ["tanh", "exp(exp(x))"], points=15, steps=40, span=(-7, 7))


@pytest.fixture(scope="module")
def html(two):
    return surface_page(two, "A sentence on it.")


@pytest.fixture(scope="module")
def many_html():
    patch = pytest.MonkeyPatch()
    patch.setattr(page_module, "PICTURED", 2)
    found = surface_page(loss_surfaces("sin(3*x)", ACTIVATIONS, points=5, steps=10))
    patch.undo()
    return found


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright drives Chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a page from a file; afterwards it must have had no error, no lost view, no dialog and no request."""
    with contextlib.ExitStack() as stack:

        def opened(html, script=True, before=WATCH, **options):
            (tmp_path / "surface.html").write_text(html, encoding="utf-8")
            context = chromium.new_context(
                java_script_enabled=script, **{"viewport": {"width": 1280, "height": 900}, **options}
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.add_init_script(before)
            problems = []
            page.on("console", lambda told: None if ADVICE in told.text else problems.append(told.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("dialog", lambda dialog: problems.append(dialog.message) or dialog.dismiss())
            page.on("request", lambda asked: None if asked.url.startswith(LOCAL) else problems.append(asked.url))
            stack.callback(lambda: pytest.fail(str(problems)) if problems else None)
            page.goto((tmp_path / "surface.html").as_uri())
            if script:
                page.wait_for_selector("#contour-0 .main-svg")
            return page

        yield opened


def wait_for_views(page, count):
    drawn = "[...document.querySelectorAll('.view')].filter((one) => one.querySelector('canvas')).length"
    page.wait_for_function(f"(count) => {drawn} === count", arg=count)


def alive(page):
    """The WebGL contexts that are not lost, and how many views in the page were."""
    count = page.evaluate("window.__contexts.filter((one) => !one.isContextLost()).length")
    return count, page.evaluate("window.__lost")


def walk(page):
    """Scroll through the whole page, slowly enough for everything to be seen."""
    count = page.locator(".card").count()
    for number in range(count):
        page.locator(f"#surface-{number}").scroll_into_view_if_needed()
        page.wait_for_selector(f"#contour-{number} .main-svg")


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def traces(page, selector):
    return page.evaluate("(where) => document.querySelector(where).data.map((one) => [one.type, one.name])", selector)


def test_a_surface_is_drawn_with_its_path(visit, html, two):
    page = visit(html)
    wait_for_views(page, 2)
    assert page.title() == "Error surface of tanh and exp(exp(x)) on sin(3*x)"
    assert traces(page, "#surface-0 .view")[0] == ["surface", "error"]
    assert ["scatter3d", "path"] in traces(page, "#surface-0 .view")
    assert ["contour", "error"] in traces(page, "#contour-0")
    drawn = page.evaluate("document.querySelector('#surface-0 .view').data[0].z")
    scale = scale_of(two)
    expected = scale.height(two[0].losses)
    assert np.abs(np.array(drawn, dtype=float) - expected).max() < 1e-3 * np.ptp(expected)
    gaps = page.evaluate("document.querySelector('#contour-1').data[0].z")
    assert [[value is None for value in row] for row in gaps] == (~np.isfinite(two[1].losses)).tolist()
    assert "not finite" in page.inner_text("#surface-1 .notes")
    assert "A sentence on it." in page.inner_text("header")
    assert not page.locator("img:visible").count()
    assert alive(page)[0] <= MOST and alive(page)[1] == 0
    assert overflow(page) <= 0
    # What WebGL drew is no empty canvas.
    with Image.open(io.BytesIO(page.locator("#surface-0 .view").screenshot())) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int).reshape(-1, 3)
    coloured = (pixels.max(axis=1) - pixels.min(axis=1)) > 40
    assert coloured.mean() > 0.08


@pytest.mark.torture(85)
def test_twenty_and_more_surfaces_lose_no_view(visit, many_html):
    page = visit(many_html, **SMALL)
    assert page.locator(".card").count() == len(ACTIVATIONS) >= 20
    walk(page)
    wait_for_views(page, LIVE)
    count, lost = alive(page)
    assert (0 < count <= MOST, lost) == (True, 0)
    assert page.locator(".contour .main-svg").count() >= len(ACTIVATIONS)
    assert page.locator(".still:visible").count() == len(ACTIVATIONS) - LIVE
    before = count
    chosen = range(len(ACTIVATIONS) - 3, len(ACTIVATIONS))
    for number in chosen:
        page.locator(f"#surface-{number} .turn").click()
        page.wait_for_selector(f"#surface-{number} .view canvas")
    page.wait_for_timeout(300)
    assert page.locator(".view:visible").count() == LIVE
    assert page.locator(".lively").count() == LIVE
    assert alive(page) == (before, 0)  # the views wander, and none is made anew
    holder = f"#surface-{chosen[-1]}"
    assert ACTIVATIONS[-1] in page.get_attribute(f"{holder} .view", "aria-label")
    z = page.evaluate("(where) => document.querySelector(where).data[0].z", f"{holder} .view")
    flat = page.evaluate("(where) => document.querySelector(where).data[0].z", f"#contour-{holder.split('-')[1]}")
    assert z == flat


@pytest.mark.torture(85)
def test_more_views_than_the_limit_would_be_lost(chromium):
    """The control: of more views than a browser allows it gives some up, and that is seen."""
    with contextlib.closing(chromium.new_context(**SMALL)) as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto("about:blank")
        page.evaluate(
            "() => { window.kept = Array.from({length: 24}, () => {"
            " const one = document.body.appendChild(document.createElement('canvas')); one.getContext('webgl');"
            " return one; }); }"
        )
        page.wait_for_function("window.__lost > 0")
        assert page.evaluate("window.__contexts.length") > MOST


def test_switches_the_scheme_and_paper_redraw(visit, html):
    page = visit(html, **SMALL)
    walk(page)
    wait_for_views(page, 2)
    assert page.is_checked("#logarithmic")
    low = "Math.min(...document.querySelector('#contour-0').data[0].z.flat())"
    logarithm = page.evaluate(low)
    page.uncheck("#logarithmic")
    assert 10**logarithm == pytest.approx(page.evaluate(low), rel=1e-3)
    page.uncheck("#paths")
    for where in ("#contour-0", "#surface-0 .view"):
        assert "path" not in [name for _, name in traces(page, where)]
    page.check("#paths")
    assert ["scatter", "path"] in traces(page, "#contour-0")

    paper = "document.querySelector('{}').layout.paper_bgcolor"
    before = page.evaluate(paper.format("#contour-0"))
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(old) => {paper.format('#contour-0')} !== old", arg=before)
    assert page.evaluate(paper.format(".view")) == page.evaluate(paper.format("#contour-0"))

    page.emulate_media(media="print")
    assert page.locator("img:visible").count() == 4
    assert not page.locator(".view:visible, .contour:visible, .controls:visible").count()


@pytest.mark.torture(85)
def test_without_webgl_the_pictures_remain(visit, html):
    page = visit(html, before=WITHOUT_WEBGL)
    assert page.locator(".still img:visible").count() == 2
    assert page.locator(".view").count() == 0
    assert not page.locator(".turn:visible").count()
    assert page.is_visible("#no-webgl")
    assert page.is_visible("#contour-0")


def test_without_scripts_the_pictures_and_facts_remain(visit, html):
    page = visit(html, script=False)
    images = page.locator("img:visible")
    assert images.count() == 4
    for number in range(4):
        images.nth(number).scroll_into_view_if_needed()
        assert images.nth(number).bounding_box()["height"] > 100
        assert len(images.nth(number).get_attribute("alt")) > 10
    assert page.locator("dl:visible").count() == 2
    assert not page.is_visible("#logarithmic")
    assert overflow(page) <= 0


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_needs_no_sideways_scroll(visit, html, script):
    page = visit(html, script=script, before=WITHOUT_WEBGL, **PHONE)
    assert overflow(page) <= 0


@pytest.mark.torture(84)
def test_hostile_text_is_text(visit, two):
    target = replace(two[0].target, name=HOSTILE)
    named = [replace(two[0], target=target, labels=(HOSTILE, "w2")), replace(two[1], target=target)]
    page = visit(surface_page(named, HOSTILE), before=WITHOUT_WEBGL)
    assert "<script>window.__pwn=1" in page.inner_text("h1")
    assert "␛[31m" in page.inner_text("h1")
    assert "<script>" in page.locator("#contour-0 .xtitle").text_content()
    assert page.evaluate("window.__pwn") is None
    assert page.locator("main a, #contour-0 img, header img").count() == 0
    assert overflow(page) <= 0


def test_the_browser_stops_what_the_page_did_not_bring_along(chromium, html, tmp_path):
    foreign = "<script>window.__pwn = 1</script><img src='https://example.org/x.png' onerror='window.__pwn = 2'>"
    (tmp_path / "surface.html").write_text(html.replace("</main>", f"{foreign}</main>"), encoding="utf-8")
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(WITHOUT_WEBGL)
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto((tmp_path / "surface.html").as_uri())
    page.wait_for_selector("#contour-0 .main-svg")
    assert page.evaluate("window.__pwn") is None
    assert sum("Content Security Policy" in text for text in told) >= 2
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    context.close()


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(visit, html, scheme):
    page = visit(html, before=WITHOUT_WEBGL, color_scheme=scheme)
    pairs = page.evaluate(
        """() => {
        const behind = (node) => {
          for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
          }
          return "rgb(255, 255, 255)";
        };
        const chosen = "h1, h2, .lead, .muted, .key, .key span, dt, dd, li, label, button, code";
        return [...document.querySelectorAll(chosen)].filter((node) => node.offsetParent)
          .map((node) => [getComputedStyle(node).color, behind(node), node.className || node.tagName]);
        }"""
    )
    assert len(pairs) > 15
    for text, back, which in pairs:
        light, dark = sorted((luminance(text), luminance(back)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (which, text, back)


@pytest.mark.torture(88)
def test_the_same_surfaces_give_the_same_bytes(two, html):
    assert surface_page(two, "A sentence on it.") == html


@pytest.mark.torture(86)
def test_no_finite_error_is_a_readable_page(visit, two):
    empty = replace(two[0], losses=np.full_like(two[0].losses, np.inf))
    page = visit(surface_page([empty]), before=WITHOUT_WEBGL)
    assert "no finite error" in page.inner_text("#surface-0")
    assert overflow(page) <= 0
