"""The gallery's page in Debian's Chromium: what a reader sees and does, and what hostile text cannot do."""

import contextlib
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from activations import activation, default_registry
from activations.derivatives import derivative
from activations.errors import ExpressionError
from activations.expression import parse
from activations.render.gallery_entry import GalleryEntry
from activations.render.mathml import mathml
from activations.render.page import page_html
from activations.shape import shape_info

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><path d="M0 48L64 0" stroke="red"/></svg>'
HOSTILE = (
    "<script>window.owned = 1</script><img src=x onerror='window.owned = 2'>\"' onclick=window.owned=3 ]]>--></style>"
    " \\def\\x{\\x\\x}\\x $\\frac{1}{0}$ \x1b[31mred\x1b[0m \u202egnp.exe {{ 7*7 }} {% raw %} &amp;"
    " javascript:alert(1) \u2028"
)


def entry(variant, origin="built-in"):
    info = shape_info(variant, points=33, orders=(0,))
    name = variant.activation.name
    return GalleryEntry(
        variant, variant.activation.family, origin, info, info.properties, f"{name}.svg", f"dark-{name}.svg"
    )


@pytest.fixture(scope="module")
def entries():
    names = ("elu", "mish", "sigmoid", "gelu", "hardtanh", "swiglu", "heaviside", "softplus", "sigmoid:beta=2")
    return [entry(default_registry().variant(name)) for name in names]


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright drives Chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a page from a file; afterwards it must have had no error and no request but for files and data."""
    with contextlib.ExitStack() as stack:

        def opened(html, script=True, before="", **options):
            (tmp_path / "index.html").write_text(html, encoding="utf-8")
            for name in re.findall(r'"((?:dark-)?\w+\.svg)"', html):
                (tmp_path / name).write_text(DRAWN)
            context = chromium.new_context(
                java_script_enabled=script, **{"viewport": {"width": 1300, "height": 900}, **options}
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            problems = []
            page.on("console", lambda message: problems.append(message.text) if message.type != "log" else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on(
                "request",
                lambda asked: (
                    None if asked.url.split(":")[0] in ("file", "data", "blob") else problems.append(asked.url)
                ),
            )
            stack.callback(lambda: pytest.fail(str(problems)) if problems else None)
            if before:
                page.add_init_script(before)
            page.goto((tmp_path / "index.html").as_uri())
            return page

        yield opened


def choose(page, name):
    page.click(f"#cards li:has(b:text-is('{name}')) a")


def read(page, row=1):
    cells = page.locator(f"#readout tr:nth-child({row}) td[data-value]")
    return [float(cells.nth(n).get_attribute("data-value")) for n in range(3)]


def place(page):
    return float(page.get_attribute("#at", "data-value"))


def theirs(name, x, **values):
    variant = default_registry()[name].variant(**values)
    point = torch.tensor(x, dtype=torch.float64)
    return [float(variant(point)), *(float(derivative(variant, point, order=order)) for order in (1, 2))]


def names_shown(page):
    return page.locator("#cards li:visible b").all_inner_texts()


def test_loads_draws_and_asks_the_network_for_nothing(visit, entries):
    page = visit(page_html(entries, title="Activations"))
    assert page.title() == "Activations"
    page.wait_for_selector("#cards li:first-child svg path.spark[d^=M]")
    page.wait_for_selector("#plot path.curve[d^=M]")
    assert page.inner_text("#name") == "elu"
    assert page.locator("#math-formula math mtable mtr").count() == 2


def test_search_family_and_properties_filter(visit, entries):
    page = visit(page_html(entries, title="Activations"))
    page.keyboard.press("/")
    page.keyboard.type("misra")
    assert names_shown(page) == ["mish"]
    assert page.inner_text("#count") == "1 shown"
    page.fill("#search", "nothing has this name")
    assert names_shown(page) == []
    assert page.is_visible("#nothing")
    page.fill("#search", "")
    page.select_option("#family", "sigmoidal")
    assert set(names_shown(page)) == {"sigmoid", "sigmoid:beta=2"}
    page.select_option("#family", "")
    page.check("input[value=monotone]")
    page.check("input[value=bounded]")
    expected = [
        e.variant.label
        for e in entries
        if e.properties.monotone and all(abs(bound.value) < 1e300 for bound in e.properties.range)
    ]
    assert names_shown(page) == expected
    assert "hardtanh" in expected and "mish" not in expected


def test_a_slider_moves_the_curves_to_the_values_of_torch(visit, entries):
    page = visit(page_html(entries, title="Activations"))
    choose(page, "elu")
    page.focus("#plot")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    x = place(page)
    assert x < 0
    assert read(page) == pytest.approx(theirs("elu", x), rel=1e-12)
    before = page.get_attribute("#plot path[data-order='0']", "d")
    page.focus("#sliders input[type=range]")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    alpha = float(page.input_value("#sliders input[type=number]"))
    assert alpha > 1.2
    page.wait_for_function(
        "old => document.querySelector(\"#plot path[data-order='0']\").getAttribute('d') !== old", arg=before
    )
    assert read(page) == pytest.approx(theirs("elu", x, alpha=alpha), rel=1e-12)
    # The drawn path itself, taken back from pixels to numbers.
    low, high, bottom, top, left, right, upper, lower = json.loads(page.get_attribute("#plot", "data-scale"))
    for order in range(3):
        drawn = page.get_attribute(f"#plot path[data-order='{order}']", "d")
        pixels = [tuple(map(float, pair.split())) for pair in re.findall(r"-?[\d.]+ -?[\d.]+", drawn)]
        assert len(pixels) > 300
        for across, down in pixels[3:-3:17]:
            at = low + (across - left) / (right - left) * (high - low)
            height = bottom + (lower - down) / (lower - upper) * (top - bottom)
            if abs(at) > 0.05:
                assert height == pytest.approx(theirs("elu", at, alpha=alpha)[order], abs=0.01 * (top - bottom))
    assert f"alpha={alpha:g}" in page.inner_text("#code")
    page.click("#reset")
    page.wait_for_function(
        "old => document.querySelector(\"#plot path[data-order='0']\").getAttribute('d') === old", arg=before
    )


def test_a_number_sets_a_variants_parameter(visit, entries):
    page = visit(page_html(entries, title="Activations"))
    choose(page, "sigmoid:beta=2")
    assert float(page.input_value("#sliders input[type=number]")) == 2
    page.fill("#sliders input[type=number]", "-0.75")
    page.wait_for_timeout(100)
    assert read(page) == pytest.approx(theirs("sigmoid", place(page), beta=-0.75), rel=1e-12)


def test_two_inputs_are_cut_and_jumps_are_gaps(visit, entries):
    page = visit(page_html(entries, title="Activations"))
    choose(page, "swiglu")
    assert page.locator("#sliders label").count() >= 1
    page.fill("#sliders input[type=number] >> nth=0", "2.5")
    page.wait_for_timeout(100)
    declared = default_registry()["swiglu"]
    first, second = torch.tensor(place(page), dtype=torch.float64), torch.tensor(2.5, dtype=torch.float64)
    assert read(page)[0] == pytest.approx(float(declared(first, second)), rel=1e-12)
    page.evaluate("location.hash = 'binary_step'")
    page.wait_for_function("document.getElementById('name').textContent === 'binary_step'")
    page.wait_for_timeout(100)
    path = page.get_attribute("#plot path[data-order='0']", "d")
    assert path.count("M") == 2
    assert len(re.findall(r"[ML]", path)) > 400


def test_comparison_downloads_and_copies(visit, entries):
    page = visit(page_html(entries, title="Activations"), permissions=["clipboard-read", "clipboard-write"])
    choose(page, "gelu")
    page.hover("#cards li:has(b:text-is('mish'))")
    page.click("#cards li:has(b:text-is('mish')) .pin")
    page.click("#keep")
    choose(page, "elu")
    page.wait_for_timeout(100)
    assert page.locator("#readout tr").count() == 3
    drawn = page.locator("#plot path.curve").evaluate_all("all => all.map((path) => path.dataset.name)")
    assert set(drawn) == {"elu", "mish", "gelu"}
    assert page.get_attribute("#cards li:has(b:text-is('mish')) .pin", "aria-pressed") == "true"
    for button, suffix, start in (
        ("#save-svg", ".svg", b"<svg"),
        ("#save-png", ".png", b"\x89PNG"),
        ("#save-code", ".py", b"import activations"),
    ):
        with page.expect_download() as caught:
            page.click(button)
        assert caught.value.suggested_filename.endswith(suffix)
        content = Path(caught.value.path()).read_bytes()
        assert content.startswith(start)
        if suffix == ".svg":
            assert b"var(" not in content and b"class=" not in content and content.count(b"<path") == 9
    for what, expected in (
        ("formula", "x if x > 0 else alpha*expm1(x)"),
        ("latex", default_registry()["elu"].formula.latex()),
        ("paper", default_registry()["elu"].paper),
    ):
        page.click(f"[data-copy={what}]")
        assert page.evaluate("navigator.clipboard.readText()") == expected
    page.click("#readout button >> nth=0")
    page.wait_for_timeout(100)
    assert page.locator("#readout tr").count() == 2


@pytest.mark.torture(87)
def test_the_keyboard_reaches_everything(visit, entries):
    page = visit(page_html(entries, title="Activations"))
    page.focus("#cards li:nth-child(1) a")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.inner_text("#name") == "mish"
    assert page.evaluate("document.activeElement.id") == "panel"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.copy || document.activeElement.name"
            )
        )
    assert {"close", "order", "plot", "keep", "save-svg", "save-png", "formula", "paper", "save-code"} <= reached
    page.keyboard.press("Escape")
    assert not page.is_visible("#panel")
    assert page.evaluate("document.activeElement.querySelector('b').textContent") == "mish"
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, a')].filter((e) => !(e.textContent.trim() || "
        "e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].textContent.trim()))).length"
    )
    assert nameless == 0


@pytest.mark.torture(87)
def test_dark_and_light(visit, entries):
    page = visit(page_html(entries, title="Activations"), color_scheme="dark")
    background = "getComputedStyle(document.getElementById('panel')).backgroundColor"
    assert page.evaluate(background) == "rgb(18, 22, 28)"
    page.click("#theme")
    page.wait_for_timeout(300)
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_a_phone(visit, entries):
    page = visit(
        page_html(entries, title="Activations"), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    assert not page.is_visible("#panel")
    page.tap("#cards li:nth-child(2) a")
    assert page.is_visible("#panel")
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        small = page.evaluate(
            "[...document.querySelectorAll('button, select, #sliders input')].filter((e) => e.offsetWidth"
            " && e.closest('table') === null"
            " && (e.offsetHeight < 32 || e.offsetWidth < 32)).length"
        )
        assert small == 0
        if page.is_visible("#close"):
            page.tap("#close")


@pytest.mark.torture(86)
def test_three_hundred_entries_stay_responsive(visit, entries):
    one = entries[1]
    many = []
    for number in range(300):
        copy = replace(one.variant.activation, name=f"copy_{number}")
        many.append(GalleryEntry(copy.variant(), one.family, one.origin, one.info, one.properties, "mish.svg", None))
    count = (
        "window.handlers = 0; const add = EventTarget.prototype.addEventListener;"
        "EventTarget.prototype.addEventListener = function (...all) {"
        " window.handlers++; return add.apply(this, all); };"
    )
    page = visit(page_html(many, title="Activations"), before=count)
    page.wait_for_selector("#cards svg")
    assert page.locator("#cards > li").count() == 300
    assert page.evaluate("window.handlers") < 30
    assert page.locator("#cards svg").count() < 100
    assert page.evaluate("document.querySelectorAll('*').length") < 300 * 20 + 400
    page.evaluate(
        "window.changes = 0; new MutationObserver((all) => { window.changes += all.length; })"
        ".observe(document.getElementById('cards'), { subtree: true, childList: true })"
    )
    page.fill("#search", "copy_29")
    assert page.locator("#cards li:visible").count() == 11
    assert page.evaluate("window.handlers") < 30
    page.fill("#search", "")
    for _ in range(3):
        page.evaluate("document.querySelector('#cards li:last-child').scrollIntoView()")
        page.wait_for_selector("#cards li:last-child svg")
        page.evaluate("scrollTo(0, 0)")
    assert page.evaluate("window.changes") <= 300  # each card is drawn once at most
    assert page.locator("#plot *").count() < 80


@pytest.mark.torture(87)
def test_without_javascript_the_pictures_and_the_table_remain(visit, entries):
    page = visit(page_html(entries, title="Activations"), script=False)
    images = page.locator("#cards img")
    assert images.count() == len(entries)
    for number in range(len(entries)):
        images.nth(number).scroll_into_view_if_needed()
        assert images.nth(number).bounding_box()["height"] > 100
    assert page.locator("#table tbody tr:visible").count() == len(entries)
    assert not page.is_visible("#filters")
    assert not page.is_visible("#panel")


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(sorted(name for name, _ in attrs))))


def hostile_entry(plain):
    declared = replace(
        plain.variant.activation, paper=HOSTILE, summary=HOSTILE, notes=HOSTILE, aliases=(HOSTILE,), same_at_defaults={}
    )
    return replace(plain, variant=declared.variant(), family=HOSTILE, origin=HOSTILE)


@pytest.mark.torture(84)
def test_hostile_text_is_text(visit, entries):
    plain, hostile = entries[1], hostile_entry(entries[1])
    html = page_html([hostile], title=HOSTILE)
    found = [Elements(), Elements()]
    found[0].feed(html)
    found[1].feed(page_html([plain], title="Activations"))
    assert found[0].found == found[1].found  # the same elements and attributes, whatever the text
    assert not {"\x1b", "\u202e", "\u2028"} & set(html)
    page = visit(html)
    choose(page, "mish")
    for selector in ("#summary", "#paper", "#notes", "h1"):
        shown = page.locator(selector).first.text_content()
        assert "<script>window.owned = 1</script>" in shown, selector
        assert "␛[31mred" in shown and "‹U+202E›gnp.exe" in shown and "{{ 7*7 }}" in shown
    page.fill("#search", "<script>")
    assert page.locator("#cards li:visible").count() == 1
    for target in ("#name", "#summary", "#paper", "#cards li b"):
        page.locator(target).first.click()
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 1300


@pytest.mark.torture(84)
def test_the_policy_names_the_digests_and_the_browser_obeys_it(visit, entries):
    html = page_html(entries[:2], title="Activations")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy and "connect-src" not in policy and "http" not in policy
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html)
    assert " style=" not in html and not re.search(r"\son\w+=", html.split("<script")[0])


def test_the_browser_stops_what_the_page_did_not_bring_along(chromium, entries, tmp_path):
    html = page_html(entries[:2], title="Activations")
    foreign = "<script>window.owned = 1</script><img src='https://example.org/x.png' onerror='window.owned = 2'>"
    (tmp_path / "index.html").write_text(html.replace('<p id="said"', f'{foreign}<p id="said"'), encoding="utf-8")
    context = chromium.new_context()
    page = context.new_page()
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto((tmp_path / "index.html").as_uri())
    page.wait_for_selector("#cards svg")
    assert page.evaluate("window.owned") is None
    assert sum("Content Security Policy" in text for text in told) >= 2
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    context.close()


def test_a_formula_whose_derivative_is_too_long_still_has_a_curve(visit, entries, monkeypatch):
    from activations.expression import Expression

    real = Expression.derivative

    def limited(self, name="x", order=1):
        if order == 2:
            raise ExpressionError("the derivative is too large")
        return real(self, name, order)

    monkeypatch.setattr(Expression, "derivative", limited)
    html = page_html(entries[:2], title="Activations")
    monkeypatch.undo()
    page = visit(html)
    choose(page, "mish")
    page.wait_for_timeout(100)
    assert page.locator("#plot path.curve").count() == 2
    assert page.locator("#readout td").nth(2).inner_text() == "–"


def test_every_registered_formula_is_set():
    registry = default_registry()
    for name in registry:
        for order in (0, 1):
            latex = registry[name].formula.derivative(registry[name].inputs[0], order).latex()
            tree = mathml(latex)
            assert tree is not None or len(latex) > 1500, name
            assert not set("\\{}&^") & set(flat(tree or [])), (name, latex)


def flat(tree):
    return "".join(part if isinstance(part, str) else flat(part) for part in tree[1:])


def test_formulas_as_mathml():
    assert mathml(parse("x^2/2").latex()) == ["mfrac", ["msup", ["mi", "x"], ["mn", "2"]], ["mn", "2"]]
    assert mathml(parse("cbrt(x)").latex()) == ["mroot", ["mi", "x"], ["mn", "3"]]
    assert flat(mathml(parse("beta_1*x", ("beta_1", "x")).latex())) == "β1x"
    cases = mathml(parse("x if x >= 0 else -1").latex())
    assert [row[0] for row in cases[1:]] == ["mtr", "mtr"]
    assert flat(cases) == "xif\N{NO-BREAK SPACE}x≥0−1otherwise"


@pytest.mark.parametrize(
    "latex", [r"\def\x{\x\x}\x", r"\frac{1", "{" * 400, "x^", r"\href{javascript:x}{y}", "x}", "<b>$x$", "x" * 5000]
)
def test_other_latex_is_not_set(latex):
    assert mathml(latex) is None


@pytest.mark.torture(88)
def test_equal_entries_give_equal_bytes(entries):
    assert page_html(entries, title="Activations") == page_html(entries, title="Activations")


@pytest.mark.parametrize("value", [0.0, 0.01, 0.044715, 1.0, 1.702, 20.0, -0.5, -3.0, 1e-12, 1e9])
def test_a_slider_has_the_value_among_its_steps(value):
    from activations.render.page import _reach

    ends = _reach(value)
    assert ends["low"] <= value <= ends["high"]
    steps = (value - ends["low"]) / ends["step"]
    assert steps == pytest.approx(round(steps), abs=1e-6)
    assert 100 <= (ends["high"] - ends["low"]) / ends["step"] <= 1000


@pytest.mark.torture(58)
def test_a_declaration_of_a_plugin_may_be_hostile_from_the_start():
    def body(x):
        return torch.tanh(x)

    body.__doc__ = f"{HOSTILE.replace(chr(0x2028), '')[:200]}."
    body.__name__ = "hostile"
    declared = activation(formula="tanh(x)", paper=HOSTILE)(body)
    html = page_html([entry(declared.variant(), "evil-plugin 1.0")], title="Activations")
    assert "<script>window" not in html
    assert html.count("<script") == 2
    assert str(parse("tanh(x)")) in html
