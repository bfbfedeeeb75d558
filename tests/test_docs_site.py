"""The documentation site: its generators say what declarations say, its Python runs, its checks find faults."""

import doctest
import importlib.util
import re
from pathlib import Path

import pytest

from activations import __all__ as public_names
from activations import catalogue, default_registry
from activations.benchmark import PRESETS

pytest.importorskip("sphinx", reason="the extra 'docs' has it, and so has 'dev'")

DOCS = Path(__file__).parents[1] / "docs"
WRITTEN = sorted(path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] in ("tutorials", path.name))
SITE_OPTIONS = doctest.NORMALIZE_WHITESPACE


@pytest.fixture(autouse=True)
def _extension(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))


def build(folder, pages, **settings):
    """A small site of the given pages with the real extension's parts, and its warnings."""
    import io

    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    source = folder / "source"
    source.mkdir()
    for name, text in pages.items():
        (source / name).write_text(text, encoding="utf-8")
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "small"],
        "html_theme": "basic",
        "html_math_renderer": "mathml",
        **settings,
    }
    with docutils_namespace():
        app = Sphinx(source, None, folder / "out", folder / "trees", "html", settings, None, warnings)
        app.build()
    return folder / "out", warnings.getvalue()


@pytest.fixture
def small(monkeypatch):
    """The extension without what makes hundreds of pages."""
    import sys
    import types

    from site_pages import facts, links, mathematics, terminal

    module = types.ModuleType("small")
    module.setup = lambda app: [part.setup(app) for part in (facts, links, mathematics, terminal)] and None
    monkeypatch.setitem(sys.modules, "small", module)


SETTINGS = {"myst_enable_extensions": ["dollarmath", "substitution"], "html_show_search_summary": False}


def test_a_small_site_has_formulas_figures_and_what_commands_print(tmp_path, small):
    page = "# One\n\n$\\frac{1}{2}$ {{ level }}\n\n```{presets}\n```\n\n```{terminal}\nactivations cite mish\n```\n"
    out, warnings = build(tmp_path, {"index.md": page}, **SETTINGS)
    assert not warnings
    html = (out / "index.html").read_text()
    assert "<mfrac>" in html
    assert "0.05" in html
    assert all(f">{name}<" in html for name in PRESETS)
    assert "misra2019" in html


def test_what_is_wrong_in_a_page_is_a_warning(tmp_path, small):
    page = (
        "# One\n\n```{terminal}\nactivations show nothing-like-this\n```\n\n$\\nosuchcommand{x}$\n\n"
        '<a href="absent.html">a</a> <img src="https://example.org/a.png"> <a href="#absent">b</a>\n'
    )
    _, warnings = build(tmp_path, {"index.md": page}, **SETTINGS)
    for part in ("ended with 2", "can't be set as MathML", "absent.html", "https://example.org/a.png", "#absent"):
        assert part in warnings, part


def test_terminals_run_nothing_but_our_command(tmp_path):
    from site_pages.terminal import printed

    with pytest.raises(ValueError, match="only 'activations"):
        printed("rm -rf x", tmp_path)


@pytest.mark.parametrize("name", ["mish", "elu", "swiglu", "threshold", "rrelu"])
def test_a_page_says_what_the_declaration_says(name):
    from site_pages.activation_pages import activation_page

    item = default_registry()[name]
    page = activation_page(item)
    assert item.paper.split(",")[0] in page
    assert str(item.formula) in page
    assert item.formula.latex() == "" or "<math" in page
    assert all(f"| `{parameter.name}` |" in page for parameter in item.parameters)
    assert all(f"`{alias}`" in page for alias in item.aliases)
    assert f'create("{name}")' in page
    pictures = re.findall(r'src="\.\./(gallery/[^"]+)"', page)
    assert len(pictures) == 2
    assert all((DOCS.parent / picture).is_file() for picture in pictures)


def test_every_activation_has_a_page_and_a_picture():
    from site_pages.activation_pages import overview, page_name
    from site_pages.pictures import measured

    items, axes = list(catalogue.declarations()), list(catalogue.axis_declarations())
    page = overview(items, axes)
    assert {item.name for item in items} <= set(measured())
    assert all(f'href="{page_name(item)}.html"' in page for item in items)
    assert all(f"({page_name(item)}.md)" in page for item in axes)
    assert len({page_name(item) for item in [*items, *axes]}) == len(items) + len(axes)


@pytest.mark.parametrize("name", ["softmax", "maxout", "softmax2d"])
def test_pages_of_functions_over_a_dimension(name):
    from site_pages.activation_pages import axis_page

    page = axis_page({item.name: item for item in catalogue.axis_declarations()}[name])
    assert "tensor([" in page
    assert "## Source" in page


def test_the_session_shows_what_python_prints_and_refuses_what_fails():
    from site_pages.sessions import session

    assert session(["x = 20", "x + 1"]) == ">>> x = 20\n>>> x + 1\n21"
    with pytest.raises(RuntimeError, match="NameError"):
        session(["unheard_of"])


def test_the_reference_has_every_public_name_once():
    from site_pages.api_pages import GROUPS

    listed = [
        name for _, module, _, names in GROUPS if module in ("activations", "activations.errors") for name in names
    ]
    assert set(public_names) <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_command_page_has_each_option_and_subcommand():
    from site_pages.command_pages import command_page

    from activations_cli.commands.bench import command

    page = command_page("bench")
    for parameter in command.params:
        if not getattr(parameter, "hidden", False) and parameter.param_type_name == "option":
            assert parameter.opts[-1] in page
    assert "ACTIVATIONS_BENCH_SEEDS" in page
    assert "## activations runs list" in command_page("runs")


def test_text_is_not_taken_for_markup():
    from site_pages.markdown import escaped, table
    from site_pages.plain_text import as_rst

    assert escaped("a*b_c <i> `x*y`") == "a\\*b\\_c \\<i\\> `x*y`"
    assert table(["a"], [["x | y"], ["x \\| y"]]).count("\\|") == 2
    assert as_rst(["sup |f'| and `a*b`", "shown::", "", "    a*b", "", "c*d"]) == [
        "sup \\|f'\\| and `a*b`", "shown::", "", "    a*b", "", "c\\*d",
    ]  # fmt: skip


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_the_python_of_the_pages_runs(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    text = path.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    example = doctest.DocTestParser().get_doctest(blocks, {}, path.name, str(path), 0)
    assert ("```pycon" in text) == bool(example.examples)
    results = doctest.DocTestRunner(optionflags=SITE_OPTIONS).run(example)
    assert not results.failed


def test_a_wrong_example_would_be_found():
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    told = []
    assert doctest.DocTestRunner().run(example, out=told.append).failed == 1


def test_no_page_names_this_machine():
    for path in [*WRITTEN, *DOCS.rglob("*.py")]:
        assert "/home/" not in path.read_text(encoding="utf-8")
        assert "/tmp/" not in path.read_text(encoding="utf-8")


def test_the_tables_of_onnx_name_every_activation_once():
    pytest.importorskip("onnx", reason="the extra 'docs' has it, and so has 'dev'")
    from site_pages.onnx_facts import as_onnx, onnx_graphs, onnx_operators

    alone, graphs = onnx_operators().splitlines()[2:], onnx_graphs().splitlines()[2:]
    names = sorted(re.findall(r"^\| \[`(\w+)`\]", "\n".join([*alone, *graphs]), re.MULTILINE))
    items = [*catalogue.declarations(), *catalogue.axis_declarations()]
    assert names == sorted(item.name for item in items)
    assert "| [`silu`](activations/silu.md) | `Swish` | 24 |" in alone
    assert "| [`relu`](activations/relu.md) | `Relu` | all |" in alone
    (row,) = (row for row in graphs if "[`threshold`]" in row)
    assert "ThresholdedRelu gives other values" in row
    assert "`Swish` from opset 24 on" in as_onnx("silu") and "the single operator `Mish`" in as_onnx("mish")


@pytest.fixture
def check_site():
    spec = importlib.util.spec_from_file_location("check_site", DOCS.parent / ".ci" / "check_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if module.CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    pytest.importorskip("playwright", reason="the Python package playwright drives Chromium")
    return module


SOUND = "<!doctype html><link rel=icon href=data:,><title>t</title><img src='i.svg' alt=''>"
FAULTY = {
    "script.html": ("<script src='https://example.org/x.js'></script>", "it asks for https://example.org/x.js"),
    "picture.html": ("<img src='//example.org/x.png'>", "it gets no file://example.org/x.png"),
    "lost.html": ("<img src='lost.png'>", "lost.png: net::ERR_FILE_NOT_FOUND"),
    "fetch.html": ("<script>fetch('i.svg')</script>", "on the console: "),
    "error.html": ("<script>throw new Error('broken')</script>", "an error: broken"),
    "dialog.html": ("<script>alert('boo')</script>", "a dialog: boo"),
}


def test_the_check_of_the_site_finds_what_goes_wrong_in_a_browser(check_site, tmp_path):
    (tmp_path / "i.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "index.html").write_text(SOUND)
    for name, (fault, _) in FAULTY.items():
        (tmp_path / name).write_text(SOUND + fault)
    found = check_site.faults(tmp_path, check_site.chosen(tmp_path), searches=False)
    for name, (_, told) in FAULTY.items():  # what a page does late may be told of the next one
        assert any((line.startswith(f"{name}: ") or name == "fetch.html") and told in line for line in found), found
    assert check_site.report(found) == 1


def test_a_site_without_faults_passes_and_a_search_must_find_something(check_site, tmp_path, monkeypatch):
    monkeypatch.setattr(check_site, "PATIENCE", 1_000)
    (tmp_path / "i.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "index.html").write_text(SOUND + "<form action='search.html'><input name=q></form>")
    (tmp_path / "search.html").write_text(SOUND + "<div id='search-results'></div>")
    pages = check_site.chosen(tmp_path)
    assert check_site.report(check_site.faults(tmp_path, pages, searches=False)) == 0
    (line,) = check_site.faults(tmp_path, pages)
    assert line.startswith("search.html: a search for gelu fails: ")
    (tmp_path / "gelu.html").write_text(SOUND)
    (tmp_path / "search.html").write_text(SOUND + "<ul id='search-results'><li><a href='gelu.html'>gelu</a></ul>")
    assert check_site.faults(tmp_path, pages) == []


def test_of_the_pages_of_activations_a_sample_is_opened_and_all_others(check_site, tmp_path):
    (tmp_path / "activations").mkdir()
    names = ["index.html", "start.html", "activations/index.html", *(f"activations/a{n:02}.html" for n in range(13))]
    for name in names:
        (tmp_path / name).touch()
    opened = {path.relative_to(tmp_path).as_posix() for path in check_site.chosen(tmp_path)}
    assert opened == {*names[:3], "activations/a00.html", "activations/a06.html", "activations/a12.html"}
    assert len(check_site.chosen(tmp_path, everything=True)) == len(names)


def test_the_continuous_integration_builds_the_site():
    root = DOCS.parent
    steps = (root / ".ci" / "run").read_text()
    assert 0 < steps.index("\nmake docs") < steps.index("check_site.py docs/_build/html")
    (recipe,) = re.findall(r"^docs:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(), re.MULTILINE)
    assert all(f" {option} " in recipe for option in ("-W", "-n"))
