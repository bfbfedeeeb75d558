"""The report's page in Debian's Chromium: what a reader sees and does, and what hostile text cannot do."""

import contextlib
import itertools
import math
import re
import shutil
from dataclasses import replace

import pytest
from report_results import HOSTILE, many_result, odd_result

from activations.render.report.page import report_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOCAL = ("file:", "data:", "blob:")
PHONE = {"viewport": {"width": 390, "height": 844}}
ZOOMED = {"viewport": {"width": 320, "height": 256}}  # what is left of 1280 by 1024 at 400 %


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    return odd_result(tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="module")
def html(odd):
    return report_html(odd)


@pytest.fixture(scope="module")
def many():
    return many_result(60, 3)


@pytest.fixture(scope="module")
def many_html(many):
    return report_html(many)


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
    """Open a page from a file; afterwards it must have had no error, no dialog and no request to a network."""
    with contextlib.ExitStack() as stack:

        def opened(html, script=True, **options):
            (tmp_path / "report.html").write_text(html, encoding="utf-8")
            context = chromium.new_context(
                java_script_enabled=script, **{"viewport": {"width": 1280, "height": 900}, **options}
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(20_000)
            problems = []
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("dialog", lambda dialog: problems.append(dialog.message) or dialog.dismiss())
            page.on("request", lambda asked: None if asked.url.startswith(LOCAL) else problems.append(asked.url))
            stack.callback(lambda: pytest.fail(str(problems)) if problems else None)
            page.goto((tmp_path / "report.html").as_uri())
            if script:
                page.wait_for_selector("#losses .main-svg, #no-losses:not([hidden])")
            return page

        yield opened


def traces(page, plot="fits"):
    """The names of the plotted curves in a drawing."""
    return page.evaluate("(id) => document.getElementById(id).data.map((trace) => trace.name)", plot)


def curves(page):
    return [name for name in traces(page) if name not in ("data", "target", "equal")]


def column(page, number):
    return page.locator(f"#rows tr td:nth-child({number})").all_inner_texts()


def head(page, title):
    """The button of a column and its number."""
    titles = [text.strip() for text in page.locator("#table thead button").all_inner_texts()]
    return page.locator("#table thead button").nth(titles.index(title)), titles.index(title) + 1


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_the_page_opens_without_a_network_and_shows_the_best_three(visit, html, odd):
    page = visit(html)
    assert page.title() == "4 activations on 7 targets"
    best = [row.activation for row in odd.targets[0].ranking[:3]]
    assert curves(page)[::2] == [f"{cut(label)}, seed {median_seed(odd, 0, label)}" for label in best]
    assert {"data", "target"} <= set(traces(page))
    assert page.locator("#targets section.target:visible").count() == 1
    for plot in ("heat", "profile", "better", "fits", "losses"):
        assert page.locator(f"#{plot} .main-svg").first.is_visible(), plot
    assert overflow(page) <= 0


def cut(label):
    return label if len(label) <= 40 else label[:39] + "…"


def median_seed(result, number, label):
    outcomes = result.targets[number].outcomes[label]
    order = sorted(range(len(outcomes)), key=lambda i: (outcomes[i].test.relative, i))
    return order[(len(order) - 1) // 2] + 1


def test_choosing_activations_and_seeds_changes_the_curves(visit, html, odd):
    page = visit(html)
    before = page.evaluate("document.getElementById('fits').data.at(-2).y.slice(0, 50)")
    page.click("#none")
    assert curves(page) == []
    page.check("#activations input[value='1']")
    label = odd.targets[0].ranking[1].activation
    assert curves(page)[0].startswith(cut(label))
    page.click("#seeds label:has(input[value=all])")
    assert [name.rsplit(" ", 1)[1] for name in curves(page)[::2]] == ["1", "2", "3"]
    assert len(traces(page, "losses")) == 3
    page.click("#seeds label:has(input[value='0'])")
    page.click("#seeds label:has(input[value=median])")
    page.click("#seeds label:has(input[value=median])")
    assert [name.rsplit(" ", 1)[1] for name in curves(page)[::2]] == ["2", "3"]
    assert page.evaluate("document.getElementById('fits').data.at(-2).y.slice(0, 50)") != before
    page.check("#logarithmic")
    assert page.evaluate("document.getElementById('fits').layout.yaxis2.type") == "log"
    errors = page.evaluate("document.getElementById('fits').data.at(-1).y")
    assert all(error is None or error > 0 for error in errors)


def test_the_list_is_searched_and_used_by_keyboard(visit, html):
    page = visit(html)
    page.focus("#find")
    page.keyboard.type("rel")
    shown = page.locator("#activations label:visible .name").all_inner_texts()
    assert [text for text in shown if "relu" not in text] == []
    page.click("#none")
    page.focus("#activations label:visible input:enabled")
    page.keyboard.press("Space")
    assert curves(page) and all("relu" in name for name in curves(page))


def test_every_kind_of_target_is_drawn(visit, html, odd):
    page = visit(html)
    for number, found in enumerate(odd.targets):
        page.select_option("#target", str(number))
        page.wait_for_function("(n) => document.querySelector('#explorer-target').textContent.length > 0", arg=number)
        section = page.locator("#targets section.target:visible")
        assert section.count() == 1
        rows = section.locator("tbody tr:not(.divider):not(.reference)")
        assert rows.count() == len(found.ranking)
        if found.target.classes:
            assert not page.is_visible("#fits")
            assert section.locator("img").bounding_box()["height"] > 100
        else:
            assert curves(page), found.target.name
            assert page.locator("#fits .scatterlayer .trace").count() >= 4
        assert page.locator("#losses .scatterlayer .trace").count() == 3
    page.click("#after")
    assert page.input_value("#target") == "0"
    page.click("#before")
    assert page.input_value("#target") == str(len(odd.targets) - 1)


def test_a_drawing_can_be_saved_and_not_be_sent(visit, html, tmp_path):
    page = visit(html)
    for plot in ("heat", "profile", "better", "fits", "losses"):
        buttons = page.locator(f"#{plot} .modebar-btn").evaluate_all(
            "(all) => all.map((button) => button.dataset.title + ' ' + button.dataset.attr)"
        )
        assert any("PNG" in button for button in buttons), plot
        assert not any(word in button.lower() for button in buttons for word in ("share", "cloud", "edit", "send")), (
            plot
        )
        context = f"document.getElementById('{plot}')._context"
        assert page.evaluate(f"[{context}.plotlyServerURL, {context}.showSendToCloud]") == ["", False]
    page.hover("#fits")
    with page.expect_download() as download:
        page.locator("#fits .modebar-btn").first.click()
    download.value.save_as(tmp_path / "fits.png")
    assert (tmp_path / "fits.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.torture(86)
def test_what_diverged_is_named(visit, html, odd):
    page = visit(html)
    page.locator("#activations input").nth(3).check()
    assert "Without a curve: exp(exp(exp(" in page.inner_text("#missing")
    page.click(".chosen summary")
    assert "diverged" in page.inner_text("#chosen")
    assert math.isinf(odd.targets[0].ranking[3].nrmse)


@pytest.mark.torture(87)
def test_the_table_sorts_and_filters_by_keyboard(visit, html, odd):
    page = visit(html)
    assert page.locator("#rows tr").count() == len(odd.table)
    button, number = head(page, "Error")
    button.focus()
    page.keyboard.press("Enter")
    assert page.get_attribute("#table th[aria-sort]", "aria-sort") == "ascending"
    errors = [float(text.replace("∞", "inf")) for text in column(page, number)]
    assert errors == sorted(errors) and math.isinf(errors[-1])
    page.keyboard.press("Enter")
    errors = [float(text.replace("∞", "inf")) for text in column(page, number)]
    assert errors == sorted(errors, reverse=True)
    accuracy, number = head(page, "Accuracy")
    for _ in range(2):  # what is not known stands last both ways
        accuracy.focus()
        page.keyboard.press("Enter")
        cells = column(page, number)
        assert cells[0] != "–" and cells[-1] == "–"
    page.focus("#filter")
    page.keyboard.type("RELU")
    assert set(column(page, 2)) == {"relu"}
    assert page.inner_text("#count") == f"{len(odd.targets)} rows"
    page.select_option("#filter-target", "2")
    assert page.locator("#rows tr").count() == 1
    page.fill("#filter", "nothing has this name")
    assert page.locator("#rows tr").count() == 0


def test_a_cell_of_the_heat_map_leads_to_its_fits(visit, many, many_html):
    page = visit(many_html)
    name = many.overall.places[5].label
    page.evaluate("document.getElementById('heat').scrollIntoView()")
    place = page.evaluate(
        """() => {
        const plot = document.getElementById("heat"), full = plot._fullLayout, box = plot.getBoundingClientRect();
        return [box.x + full.xaxis._offset + full.xaxis.c2p(1), box.y + full.yaxis._offset + full.yaxis.c2p(5)];
        }"""
    )
    page.mouse.move(*place)
    page.mouse.click(*place)
    page.wait_for_function("() => document.getElementById('target').value === '1'")
    assert any(label.startswith(name) for label in curves(page))


@pytest.mark.torture(86)
def test_many_activations_stay_readable_and_quick(visit, many_html):
    page = visit(many_html)
    assert page.evaluate("document.getElementById('heat').data[0].z.length") == 40
    page.check("#heat-all")
    assert page.evaluate("document.getElementById('heat').data[0].z.length") == 60
    assert page.locator("#rows tr").count() == 100
    page.click("#more")
    assert page.locator("#rows tr").count() == 180
    assert not page.is_visible("#more")
    assert page.evaluate("document.querySelectorAll('*').length") < 20_000
    ticks = page.evaluate(
        """() => [...document.querySelectorAll("#heat .yaxislayer-above text")].map((t) => t.getBoundingClientRect())
        .map((box) => [box.top, box.bottom])"""
    )
    assert len(ticks) == 60
    assert all(one[1] <= other[0] + 1.5 for one, other in itertools.pairwise(ticks))  # no name on another


@pytest.mark.torture(84)
def test_hostile_text_is_text(visit, odd):
    named = [replace(odd.targets[0], target=replace(odd.targets[0].target, name=HOSTILE)), *odd.targets[1:3]]
    page = visit(report_html(replace(odd, targets=tuple(named), overall=None)))
    assert "<script>window.__pwn=1" in page.inner_text("#name-1")
    assert "␛[31m" in page.inner_text("#name-1")
    page.select_option("#target", "1")
    titles = page.locator("#fits .xtitle, #fits .x2title, #fits .ytitle").all_text_contents()
    assert any("<script>" in text for text in titles) and any("<img src=x" in text for text in titles)
    ticks = page.locator("#heat .xaxislayer-above text").all_text_contents()
    assert any(text.startswith("=cmd|") for text in ticks)
    assert page.locator("#fits img, #fits script, #heat a").count() == 0
    page.hover("#heat")
    for link in page.locator("main a[href]").all():
        assert re.match(r"https://(arxiv|doi)\.org/|figures/|#", link.get_attribute("href"))
    assert page.evaluate("window.__pwn") is None
    assert overflow(page) <= 0


@pytest.mark.torture(84)
def test_the_browser_stops_what_the_page_did_not_bring_along(chromium, html, tmp_path):
    foreign = "<script>window.__pwn = 1</script><img src='https://example.org/x.png' onerror='window.__pwn = 2'>"
    (tmp_path / "report.html").write_text(html.replace("</main>", f"{foreign}</main>"), encoding="utf-8")
    context = chromium.new_context()
    page = context.new_page()
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_selector("#losses .main-svg")
    assert page.evaluate("window.__pwn") is None
    assert sum("Content Security Policy" in text for text in told) >= 2
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    context.close()


@pytest.mark.torture(87)
def test_without_scripts_the_pictures_and_the_tables_remain(visit, html, odd):
    page = visit(html, script=False)
    assert page.locator("#targets section.target:visible").count() == len(odd.targets)
    images = page.locator("img:visible")
    assert images.count() == len(odd.targets) + 2
    for number in range(images.count()):
        images.nth(number).scroll_into_view_if_needed()
        assert images.nth(number).bounding_box()["height"] > 100
        assert len(images.nth(number).get_attribute("alt")) > 10
    assert page.locator("#rows tr:visible").count() == len(odd.table)
    for hidden in ("#explorer", "#filters", "#target", "#heat", "#more"):
        assert not page.is_visible(hidden), hidden
    assert overflow(page) <= 0


@pytest.mark.torture(87)
@pytest.mark.parametrize("script", [True, False])
def test_at_four_times_the_size_nothing_is_lost_sideways(visit, html, script):
    page = visit(html, script=script, **ZOOMED)
    assert overflow(page) <= 0
    assert page.locator("h1").first.is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_needs_no_sideways_scroll(visit, html, script):
    page = visit(html, script=script, **PHONE)
    assert overflow(page) <= 0
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".ranking")].filter((t) => t.offsetParent && t.offsetWidth >
        t.parentElement.clientWidth + 1).length"""
    )
    assert wide == 0
    if script:
        box = page.locator("#fits .main-svg").first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.torture(87)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(visit, html, scheme):
    page = visit(html, color_scheme=scheme)
    pairs = page.evaluate(
        """() => {
        const behind = (node) => {
          for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
          }
          return "rgb(255, 255, 255)";
        };
        const chosen = "h1, h2, .lead, .muted, td, th, .bad, a, .warning, button, legend, dt, dd, small";
        return [...document.querySelectorAll(chosen)].filter((node) => node.offsetParent)
          .map((node) => [getComputedStyle(node).color, behind(node), node.className || node.tagName]);
        }"""
    )
    assert len(pairs) > 100
    for text, back, which in pairs:
        light, dark = sorted((luminance(text), luminance(back)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (which, text, back)
    backs = [luminance(back) for _, back, _ in pairs]
    assert (max(backs) < 0.2) == (scheme == "dark")
    ticks = page.evaluate("getComputedStyle(document.querySelector('#fits .xtick text, #fits .x2tick text')).fill")
    paper = page.evaluate("document.getElementById('fits').layout.paper_bgcolor")
    paper = f"rgb({int(paper[1:3], 16)},{int(paper[3:5], 16)},{int(paper[5:7], 16)})"
    light, dark = sorted((luminance(ticks), luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_drawings_follow_a_change_of_the_scheme(visit, html):
    page = visit(html)
    before = page.evaluate("document.getElementById('fits').layout.paper_bgcolor")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("(old) => document.getElementById('fits').layout.paper_bgcolor !== old", arg=before)
    heat = page.evaluate("document.getElementById('heat').layout.paper_bgcolor")
    assert heat != before


@pytest.mark.torture(87)
def test_on_paper_every_target_has_its_ranking_and_its_picture(visit, html, odd):
    page = visit(html)
    page.emulate_media(media="print")
    assert page.locator("section.target:visible").count() == len(odd.targets)
    assert page.locator("section.target img:visible").count() == len(odd.targets)
    for hidden in ("#explorer", ".chooser", "#filters"):
        assert not page.is_visible(hidden)
