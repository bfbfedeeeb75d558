"""The gallery: which files it has, what they hold, and that the committed one shows what the code does."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import activations.registry
from activations import activation, default_registry
from activations.files import OutputExistsError
from activations.networks.presets import PRESETS
from activations.plugins import Origin
from activations.registry import BUILT_IN, Registry
from activations.render.gallery import BESIDE, write_gallery
from activations.render.gallery_data import data_digest, stale_pictures
from activations.render.gallery_svg import compact_svg
from activations.render.gallery_sweeps import sweeps
from activations.render.shapes import draw_shapes
from activations.render.style import figure_bytes
from activations.shape import ShapeInfo, shape_info
from activations_cli.main import cli

COMMITTED = Path(__file__).parents[1] / "gallery"
FORMULA = "x*sigmoid(1.702*x)"
NAMES = ["elu", "mish", "hardshrink", "swiglu", FORMULA]
HOSTILE = "<script>alert(1)</script> | `a` **b** [c](javascript:d) ![e](http://f) $g$ \x1b[31mred \u202e &lt;"


@activation(formula="x*x", paper=HOSTILE, aliases=("Sq|uare", "<b>sq</b>"))
def hostile_square(x):
    """A <script>alert(1)</script> | `square` **of** [it](javascript:x)."""
    return x * x


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["gallery", *arguments], env={"COLUMNS": "100", "NO_COLOR": "1"})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("gallery") / "new" / "folder"
    found = run("-o", str(place), *NAMES)
    assert found.exit_code == 0, found.stderr
    assert found.stdout == f"{place / 'index.html'}\n"
    return place


@pytest.fixture(scope="module")
def elu() -> ShapeInfo:
    return shape_info(default_registry()["elu"].variant())


def test_it_has_exactly_the_files_of_its_manifest(folder: Path) -> None:
    written = contents(folder)
    manifest = manifest_of(folder)
    assert sorted(written) == manifest["files"]
    assert list(manifest["pictures"]) == NAMES
    assert {"README.md", "index.html", "poster-light.png", "poster-dark.png", "sheets/light-gated.png"} <= set(written)
    assert manifest["pictures"]["elu"]["files"] == [
        "light/elu.svg",
        "dark/elu.svg",
        "light/parameters/elu.svg",
        "dark/parameters/elu.svg",
    ]
    assert manifest["pictures"]["mish"]["files"] == ["light/mish.svg", "dark/mish.svg"]
    assert manifest["pictures"][FORMULA]["family"] == "formula"
    for name, data in written.items():
        if name.endswith(".svg"):
            assert ElementTree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg"
            assert len(data) < (150_000 if "swiglu" in name else 40_000)
        elif name.endswith(".png"):
            assert data.startswith(b"\x89PNG")


@pytest.mark.torture(88)
def test_it_is_the_same_on_repeat(folder: Path, tmp_path: Path) -> None:
    assert run("-o", str(tmp_path), *NAMES).exit_code == 0
    again = contents(tmp_path)
    assert [name for name, data in contents(folder).items() if again[name] != data] == []


def test_the_table_links_every_picture(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    links = {*re.findall(r'(?:href|src|srcset)="([^"#]+)"', text), *re.findall(r"\]\(([^)#]+)\)", text)}
    files = set(manifest_of(folder)["files"])
    assert links <= files
    assert {name for name in files if name.endswith(".svg")} <= links
    assert "`x*tanh(softplus(x))`" in text
    assert "Misra 2019, arXiv:1908.08681" in text


def test_files_stay_unless_told(folder: Path) -> None:
    before = contents(folder)
    found = run("-o", str(folder), "mish")
    assert found.exit_code == 2
    assert "--force" in found.stderr
    assert contents(folder) == before


def test_a_family_can_be_chosen(tmp_path: Path) -> None:
    found = run("-o", str(tmp_path), "--family", "Gated", "--theme", "light", "mish", "swiglu")
    assert found.exit_code == 0, found.stderr
    assert list(manifest_of(tmp_path)["pictures"]) == ["swiglu"]
    assert sorted(contents(tmp_path)) == [
        "README.md",
        "index.html",
        "light/swiglu.svg",
        "manifest.json",
        "poster-light.png",
        "sheets/light-gated.png",
    ]
    unknown = run("-o", str(tmp_path), "--family", "gatet", "mish", "swiglu")
    assert unknown.exit_code == 2
    assert "gated, smooth-rectified" in unknown.stderr


@pytest.mark.parametrize(
    ("kind", "start", "opened"), [("png", b"\x89PNG", "index.html"), ("pdf", b"%PDF", "README.md")]
)
def test_other_formats(tmp_path: Path, kind: str, start: bytes, opened: str) -> None:
    found = run("-o", str(tmp_path), "--format", kind, "--theme", "dark", "mish")
    assert found.stdout == f"{tmp_path / opened}\n"
    assert (tmp_path / f"dark/mish.{kind}").read_bytes().startswith(start)
    assert (tmp_path / "index.html").exists() == (kind == "png")
    assert f'"dark/mish.{kind}"' in (tmp_path / "README.md").read_text() or kind == "pdf"


@pytest.mark.torture(71)
def test_what_is_interrupted_leaves_whole_files_and_no_manifest(tmp_path: Path) -> None:
    def interrupt(done: int, total: int, what: str) -> None:
        if done == 1:
            raise KeyboardInterrupt

    registry = default_registry()
    variants = [registry["mish"].variant(), registry["tanh"].variant()]
    with pytest.raises(KeyboardInterrupt):
        write_gallery(tmp_path, variants, registry, themes=["light"], progress=interrupt)
    assert list(contents(tmp_path)) == ["light/mish.svg"]
    ElementTree.fromstring((tmp_path / "light/mish.svg").read_bytes())


def test_bad_requests_write_nothing(tmp_path: Path) -> None:
    registry = default_registry()
    mish = registry["mish"].variant()
    with pytest.raises(ValueError, match="nothing to draw"):
        write_gallery(tmp_path, [], registry)
    with pytest.raises(ValueError, match="format='gif'"):
        write_gallery(tmp_path, [mish], registry, format="gif")
    with pytest.raises(ValueError, match="theme='blue'"):
        write_gallery(tmp_path, [mish], registry, themes=["blue"])
    assert contents(tmp_path) == {}
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(OutputExistsError):
        write_gallery(tmp_path, [mish], registry)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert contents(tmp_path) == {"README.md": b"mine"}


class Tags(HTMLParser):
    """Collects tags and the addresses that they lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "srcset")]
        assert {name for name, _ in attrs} <= {"href", "src", "srcset", "width", "alt", "media", "id"}


def test_foreign_text_stays_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Origin("evil<img src=x>|dist", "1")
    registry = Registry([(BUILT_IN, default_registry()["mish"]), (other, hostile_square)])
    monkeypatch.setattr(activations.registry, "default_registry", lambda: registry)
    found = run("-o", str(tmp_path), "--theme", "light")
    assert found.exit_code == 0, found.stderr
    assert (tmp_path / "light/hostile-square.svg").exists()
    table = (tmp_path / "README.md").read_text()
    reader = Tags()
    reader.feed(table)
    assert reader.tags == {"a", "img", "br"}
    assert not [address for address in reader.addresses if address[0] != "#" and not (tmp_path / address).exists()]
    (row,) = (line for line in table.splitlines() if "hostile" in line and line.startswith("| <a"))
    assert row.count("|") == 5
    assert "](" not in row
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert "&#60;script&#62;alert(1)&#60;/script&#62;" in row
    assert "from evil&#60;img src=x&#62;&#124;dist 1" in row
    page = (tmp_path / "index.html").read_text()
    assert "<script>alert" not in page
    assert "<b>sq" not in page
    assert "<img src=x>" not in page


def test_another_curve_makes_a_picture_stale(folder: Path, elu: ShapeInfo) -> None:
    manifest = manifest_of(folder)
    found = sweeps(default_registry()["elu"].variant())
    variants = [default_registry().variant(name) for name in NAMES]
    assert stale_pictures(manifest, [(shape_info(variant), sweeps(variant)) for variant in variants]) == {}
    changed = dataclasses.replace(elu, curves={**elu.curves, 1: elu.curves[1] * 1.001})
    assert list(stale_pictures(manifest, [(changed, found)])) == ["elu"]
    missing = dataclasses.replace(elu, label="elu:alpha=2")
    assert stale_pictures(manifest, [(missing, found)]) == {"elu:alpha=2": "has no picture"}
    other = [dataclasses.replace(found[0], curves=(*found[0].curves[:-1], found[0].curves[-1] + 0.01))]
    assert list(stale_pictures(manifest, [(elu, other)])) == ["elu"]


def test_rounding_makes_no_picture_stale(elu: ShapeInfo) -> None:
    rounded = np.random.default_rng(0).uniform(-1.0, 1.0, elu.x.shape)
    curves = {order: values + 1e-13 * rounded for order, values in elu.curves.items()}
    assert data_digest(dataclasses.replace(elu, curves=curves, x=elu.x + 1e-14 * rounded)) == data_digest(elu)


def test_a_kink_or_a_parameter_counts(elu: ShapeInfo) -> None:
    own = data_digest(elu)
    assert data_digest(dataclasses.replace(elu, kinks=(0.5,))) != own
    assert data_digest(dataclasses.replace(elu, parameters=(("alpha", 1.5),))) != own
    assert data_digest(dataclasses.replace(elu, window=(-5.0, 6.0))) != own


def test_sweeps_show_the_proved_values() -> None:
    registry = default_registry()
    (sweep,) = sweeps(registry["elu"].variant())
    assert (sweep.parameter, sweep.own) == ("alpha", 1.0)
    assert {1.0, *(case["alpha"] for case in registry["elu"].cases)} <= set(sweep.values)
    for value, curve in zip(sweep.values, sweep.curves, strict=True):
        left = sweep.x < 0.0
        np.testing.assert_allclose(curve[left], value * np.expm1(sweep.x[left]), rtol=1e-12)
    (jumping,) = sweeps(registry["hardshrink"].variant())
    for value, curve in zip(jumping.values, jumping.curves, strict=True):
        assert list(jumping.x[np.isnan(curve)]) == [-value, value]
    assert sweeps(registry["mish"].variant()) == ()
    assert sweeps(registry["swiglu"].variant()) == ()


def absolute(path: str) -> list[tuple[str, list[float]]]:
    """The commands of a path with the end points in absolute coordinates."""
    sizes = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
    found: list[tuple[str, list[float]]] = []
    x = y = 0.0
    start = (0.0, 0.0)
    for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        size = sizes[command.upper()]
        if not size:
            x, y = start
            found.append(("Z", []))
        for at in range(0, len(numbers), size or 1):
            base = (x, y) if command.islower() else (0.0, 0.0)
            step = [number + base[place % 2] for place, number in enumerate(numbers[at : at + size])]
            x, y = step[-2:]
            start = (x, y) if command.upper() == "M" else start
            found.append((command.upper(), step))
    return found


def test_small_files_draw_the_same(elu: ShapeInfo) -> None:
    full = figure_bytes(draw_shapes([elu]), "svg")
    small = compact_svg(full)
    assert len(small) < 0.75 * len(full)
    pattern = r' d="([^"]*)"(?! style="fill: none"/>)'
    before, after = (re.findall(pattern, data.decode()) for data in (full, small))
    assert len(before) == len(after) > 30
    for one, other in zip(before, after, strict=True):
        for (command, numbers), (same, close) in zip(absolute(one), absolute(other), strict=True):
            assert command == same
            np.testing.assert_allclose(close, numbers, atol=0.00501)


def test_the_committed_gallery_is_complete() -> None:
    registry = default_registry()
    manifest = manifest_of(COMMITTED)
    built_in = [name for name in registry if registry.origin(name) == BUILT_IN]
    assert sorted(manifest["pictures"]) == sorted(built_in)
    own = [path for path in contents(COMMITTED) if path.partition("/")[0] not in BESIDE]
    assert sorted(own) == manifest["files"]
    pictures = [COMMITTED / name for name in manifest["files"] if name.startswith("light/") and name.count("/") == 1]
    assert len(pictures) == len(built_in)
    assert sum(picture.stat().st_size for picture in pictures) < 8e6


def test_galleries_beside_it_are_linked(tmp_path: Path) -> None:
    registry = default_registry()
    mish = [registry["mish"].variant()]
    write_gallery(tmp_path, mish, registry, themes=["light"])
    for name in ("README.md", "index.html"):
        assert f"fits/{name}" not in (tmp_path / name).read_text()
        (tmp_path / "fits").mkdir(exist_ok=True)
        (tmp_path / "fits" / name).write_text("")
    write_gallery(tmp_path, mish, registry, themes=["light"], overwrite=True)
    assert "[Single fits as articles describe them](fits/README.md)" in (tmp_path / "README.md").read_text()
    assert '<a href="fits/index.html">' in (tmp_path / "index.html").read_text()


def test_the_committed_gallery_links_the_fits() -> None:
    numbers = json.loads((COMMITTED / "fits" / "results.json").read_text())
    assert list(numbers["presets"]) == list(PRESETS)
    assert all((COMMITTED / "fits" / path).is_file() for path in numbers["files"])
    assert sum((COMMITTED / "fits" / path).stat().st_size for path in numbers["files"]) < 3e6
    for name in ("README.md", "index.html"):
        assert f"fits/{name}" in (COMMITTED / name).read_text()


def test_the_committed_gallery_shows_what_the_code_does() -> None:
    """Every twelfth activation; `activations gallery -o gallery --force` mends what is stale."""
    registry = default_registry()
    built_in = [name for name in registry if registry.origin(name) == BUILT_IN]
    variants = [registry[name].variant() for name in built_in[::12]]
    drawn = [(shape_info(variant), sweeps(variant)) for variant in variants]
    assert stale_pictures(manifest_of(COMMITTED), drawn) == {}
