"""The committed notebooks run, and hold the outputs of this code; their pages show them."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

pytest.importorskip("IPython", reason="the extra 'dev' has it")

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "notebooks"
NAMES = ("choose", "draw", "own")
LARGEST = 300_000  # bytes of a file
PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location("run_notebooks", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name):
    return json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def promised(cell):
    """What every machine shows below a cell.

    Pictures differ between releases of what draws them. Of a cell that trains, tagged "measured", digits and the order
    of rows may differ between processors: the forms of what is shown and the number of rows remain.
    """
    measured = "measured" in cell["metadata"].get("tags", ())
    found = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            text = "".join(output["text"])
            found.append(("stream", len(text.splitlines()) if measured else text))
            continue
        for form, value in sorted(output["data"].items()):
            text = PICTURE.sub("picture", "".join(value)) if form != "image/png" else "picture"
            tags = re.findall(r"<(\w+)", text)
            if measured and form != "image/png":
                found.append((form, {tag: tags.count(tag) for tag in ("table", "tr", "img")}))
            else:
                found.append((form, text))
    return found


def differences(committed, found):
    """Numbers of the code cells whose promised outputs differ."""
    pairs = zip(code_cells(committed), code_cells(found), strict=True)
    return [number for number, (old, new) in enumerate(pairs, start=1) if promised(old) != promised(new)]


def test_there_is_one_for_each_user():
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.ipynb"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_holds_the_outputs_of_this_code(name, runner):
    committed = read(name)
    found = runner.run(FOLDER / f"{name}.ipynb")
    assert not differences(committed, found), "run 'make notebooks' and look at what changed"
    assert any(promised(cell) for cell in code_cells(found))


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_small_well_formed_and_of_no_machine(name, runner):
    path = FOLDER / f"{name}.ipynb"
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    assert not re.search(r"/home/|/tmp/|/root/|site-packages|\\x1b", text)
    notebook = json.loads(text)
    assert text == runner.text_of(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", identity) for identity in ids)
    assert [cell["execution_count"] for cell in code_cells(notebook)] == [
        number for number, _ in enumerate(code_cells(notebook), start=1)
    ]
    assert notebook["cells"][0]["source"][0].startswith("# ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x*ncdf(x)", "x*ncdf(2*x)"),
        ("1.1289", "1.1290"),
        ("hendrycks2016", "hendrycks2017"),
        ("text/html", "image/png"),
    ],
)
def test_an_output_of_other_code_is_seen(old, new):
    text = (FOLDER / "draw.ipynb").read_text(encoding="utf-8")
    assert old in text
    committed = json.loads(text)
    assert differences(committed, json.loads(text.replace(old, new)))
    assert not differences(committed, json.loads(text))


def test_a_missing_row_of_a_measured_cell_is_seen():
    text = (FOLDER / "choose.ipynb").read_text(encoding="utf-8")
    (row,) = re.findall(r"<tr><td[^\n]*?>2</td>.*?</tr>", text)[:1]
    assert differences(json.loads(text), json.loads(text.replace(row, "")))


def test_a_cell_that_fails_is_told_with_its_notebook(runner, tmp_path):
    notebook = read("draw")
    code = code_cells(notebook)[:1]
    code[0]["source"] = ["1 / 0"]
    path = tmp_path / "broken.ipynb"
    path.write_text(json.dumps({**notebook, "cells": code}), encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"(?s)broken\.ipynb failed:.*ZeroDivisionError"):
        runner.run(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_the_text_the_code_and_what_it_shows(name, monkeypatch):
    pytest.importorskip("sphinx", reason="the extra 'docs' has it, and so has 'dev'")
    monkeypatch.syspath_prepend(str(DOCS))
    from site_pages.notebooks import notebook_page

    notebook = read(name)
    page = notebook_page(notebook, f"{name}.ipynb")
    assert page.startswith("# ") and f"{{download}}`{name}.ipynb" in page
    for cell in notebook["cells"]:
        assert "".join(cell["source"]) in page
        for output in cell.get("outputs", ()):
            shown = output.get("text") or next(iter(output["data"].values()))
            assert "".join(shown).strip() in page
    assert "<script" not in page
    assert f"notebooks/{name}.md" in (DOCS / "index.md").read_text(encoding="utf-8")
