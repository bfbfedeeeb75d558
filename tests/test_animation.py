"""Animations of fits: what the frames hold, the files of each kind, and the page in Debian's Chromium."""

import contextlib
import io
import itertools
import os
import re
import shutil
import stat
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from activations.errors import DataError, MissingExtraError
from activations.fitting.data import csv_target
from activations.fitting.settings import SettingError
from activations.networks.fit import Frame, fit
from activations.networks.presets import PRESETS
from activations.render.animation import animation_format, write_animation
from activations.render.animation_page import animation_html
from activations.render.animation_pictures import boundaries, fixed_colours, pictures
from activations.render.animation_scene import MAX_FRAMES, scene_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOCAL = ("file:", "data:", "blob:")
HOSTILE = '</script><script>window.__pwn=1</script><img src=x onerror="alert(1)">$\\frac{'


def small(target, **changes):
    settings = {"hidden": (8,), "steps": 40, "frames": 5, "device": "cpu"}
    return fit(target, "tanh", **{**settings, **changes})


@pytest.fixture(scope="module")
def line():
    return small("sin")


@pytest.fixture(scope="module")
def classes():
    return small("spiral", hidden=(16,), steps=200)


def opened(path):
    return Image.open(io.BytesIO(path.read_bytes()))


def test_a_scene_holds_what_the_network_gives(line):
    scene = scene_of(line)
    assert (scene.kind, scene.hidden, len(scene.frames)) == ("line", 1, 5)
    assert [frame.step for frame in scene.frames] == [frame.step for frame in line.frames]
    last = scene.frames[-1].curve
    assert np.array_equal(last[:, 1], line.predict(last[:, 0])[:, 0])
    assert np.allclose(scene.truth[:, 1], np.sin(scene.truth[:, 0]))
    assert (scene.frames[0].curve != last).any()
    assert scene.title(scene.frames[-1]) == f"iteration 40 · loss {line.training_losses[-1]:.3g} · 1 hidden layer"


def test_classes_have_a_boundary_where_the_classes_tie(classes):
    scene = scene_of(classes)
    lines = boundaries(scene, scene.frames[-1])
    assert lines
    shares = classes.outputs(np.concatenate(lines))
    assert np.abs(shares[:, 1] - 0.5).max() < 0.25  # between the points of a mesh
    assert np.abs(shares[:, 1] - 0.5).mean() < 0.02


def test_three_classes_two_inputs_and_curves_are_drawn():
    for target, kind in (("spiral3", "map"), ("x1*x2", "map"), ("t -> (cos(t), sin(t))", "curve")):
        scene = scene_of(small(target, frames=2))
        assert scene.kind == kind
        (picture,) = pictures(scene, last=True)
        assert picture.std() > 5, target
        assert kind == "curve" or boundaries(scene, scene.frames[-1])
        assert "<svg" in animation_html(scene)


def test_what_has_no_picture_is_refused(line, tmp_path):
    with pytest.raises(SettingError, match="frames=60"):
        write_animation(small("sin", frames=0), tmp_path / "a.gif")
    for target, what in (("x1*x2*x3", "3 inputs and 1 outputs"), ("t -> (t, t, t)", "1 inputs and 3 outputs")):
        with pytest.raises(DataError, match=what):
            write_animation(small(target, frames=2), tmp_path / "a.gif")
    with pytest.raises(SettingError, match=r"'\.png'; end its name in \.gif, \.mp4 or \.html"):
        write_animation(line, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_diverged_fit_has_gaps_and_a_title(line):
    broken = Frame(41, float("nan"), np.full_like(line.parameters, np.nan))
    scene = scene_of(replace(line, frames=(*line.frames, broken)))
    assert scene.title(scene.frames[-1]).startswith("iteration 41 · loss not finite")
    assert np.isnan(scene.frames[-1].curve[:, 1]).all()
    assert len(list(pictures(scene))) == 6
    assert "NaN" not in animation_html(scene)


def test_more_frames_than_can_be_shown_are_thinned(line):
    many = tuple(replace(line.frames[-1], step=step) for step in range(3 * MAX_FRAMES))
    scene = scene_of(replace(line, frames=many))
    assert len(scene.frames) == MAX_FRAMES
    assert (scene.frames[0].step, scene.frames[-1].step) == (0, 3 * MAX_FRAMES - 1)


def test_a_gif_has_a_frame_per_snapshot_and_stays_at_the_last(line, tmp_path):
    path = write_animation(line, tmp_path / "fit.gif")
    image = opened(path)
    assert (image.n_frames, image.size, image.info["loop"]) == (5, (680, 480), 0)
    times, shown = [], []
    for number in range(5):
        image.seek(number)
        times.append(image.info["duration"])
        shown.append(np.asarray(image.convert("RGB"), dtype=int))
    assert times == [80, 80, 80, 80, 2000]
    assert all((one != other).any() for one, other in itertools.pairwise(shown))
    # The curve's colour comes through as it is.
    assert (shown[-1] == fixed_colours(scene_of(line))[17]).all(axis=-1).sum() > 300
    with pytest.raises(FileExistsError):
        write_animation(line, path)
    before = path.read_bytes()
    write_animation(line, path, overwrite=True)
    assert path.read_bytes() == before


def test_pages_are_the_same_each_time_and_of_bounded_size(line, classes):
    for made in (line, classes):
        assert animation_html(scene_of(made)) == animation_html(scene_of(made))
    many = replace(line, frames=line.frames[-1:] * MAX_FRAMES)
    assert len(animation_html(scene_of(many))) < 2e6
    many = replace(classes, frames=classes.frames[-1:] * 10)  # a twentieth of the most
    assert len(animation_html(scene_of(many))) < 8e6 / 20


FFMPEG = """#!/bin/sh
for last; do :; done
head -c 100 > /dev/null
{}
echo "$@" > "$last"
"""


def fake_ffmpeg(folder, line=""):
    program = folder / "ffmpeg"
    program.write_text(FFMPEG.format(line))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_a_video_is_made_by_ffmpeg(line, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    fake_ffmpeg(tmp_path, "cat > /dev/null")
    command = write_animation(line, tmp_path / "fit.mp4").read_text()
    assert "-s 680x480" in command
    assert "-r 12.5" in command
    assert "yuv420p" in command
    fake_ffmpeg(tmp_path, "cat > /dev/null; echo 'no such encoder' >&2; exit 1")
    with pytest.raises(DataError, match="no such encoder; write a"):
        write_animation(line, tmp_path / "fit.mp4", overwrite=True)
    assert (tmp_path / "fit.mp4").read_text() == command


def test_without_ffmpeg_the_error_names_it_before_any_work(line, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="needs the program ffmpeg"):
        write_animation(line, tmp_path / "fit.mp4")
    with pytest.raises(MissingExtraError):
        animation_format("x.MP4")
    assert animation_format("x.GIF") == ".gif"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg is installed: apt-get install ffmpeg")
def test_a_real_video(line, tmp_path):
    data = write_animation(line, tmp_path / "fit.mp4").read_bytes()
    assert data[4:8] == b"ftyp"
    assert b"moov" in data


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

        def go(html, script=True, **options):
            (tmp_path / "fit.html").write_text(html, encoding="utf-8")
            context = chromium.new_context(java_script_enabled=script, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(20_000)
            problems = []
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("dialog", lambda dialog: problems.append(dialog.message) or dialog.dismiss())
            page.on("request", lambda asked: None if asked.url.startswith(LOCAL) else problems.append(asked.url))
            stack.callback(lambda: pytest.fail(str(problems)) if problems else None)
            page.goto((tmp_path / "fit.html").as_uri())
            return page

        yield go


def path_of(page):
    return page.get_attribute("#fit", "d")


def caption(page):
    return page.inner_text("#caption")


def test_the_page_plays_pauses_and_slides(visit, line):
    page = visit(animation_html(scene_of(line)))
    last = path_of(page)
    assert caption(page).startswith("iteration 40 ")
    assert page.inner_text("#number") == "5 / 5"
    page.fill("#frame", "0")
    assert caption(page).startswith("iteration 0 ")
    assert path_of(page) != last
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.locator("#number", has_text="5 / 5").wait_for()
    assert page.get_attribute("#play", "aria-label") == "Play"
    assert path_of(page) == last


def test_the_page_is_used_by_keys_alone(visit, line):
    page = visit(animation_html(scene_of(line)))
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#number") == "4 / 5"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "play"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "frame"
    page.keyboard.press("Home")
    assert page.inner_text("#number") == "1 / 5"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#number") == "2 / 5"
    page.keyboard.press(" ")
    page.locator("#number", has_text="5 / 5").wait_for()
    assert page.get_attribute("#frame", "aria-valuetext") == caption(page)


def test_maps_change_their_picture_and_boundary(visit, classes):
    page = visit(animation_html(scene_of(classes)))
    before = page.get_attribute("#map", "href"), path_of(page)
    page.fill("#frame", "1")
    after = page.get_attribute("#map", "href"), path_of(page)
    assert before[0].startswith("data:image/png;base64,")
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_without_a_script_the_last_frame_is_there(visit, line):
    html = animation_html(scene_of(line))
    page = visit(html, script=False)
    assert caption(page).startswith("iteration 40 ")
    assert page.get_attribute("#fit", "d").count("L") > 100
    assert not page.is_visible("#play")
    assert page.get_by_text("This is the last of 5 frames").is_visible()
    assert not visit(html).get_by_text("This is the last of 5 frames").is_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_fits_its_window(visit, line, width):
    page = visit(animation_html(scene_of(line)), viewport={"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_foreign_text_is_text(visit, tmp_path):
    rows = [f"{i / 10},{i % 7}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join([f'"{HOSTILE.replace(chr(34), chr(34) * 2)}",y', *rows]))
    target = replace(csv_target(str(tmp_path / "data.csv")), name=HOSTILE)
    made = small(target)
    html = animation_html(scene_of(made))
    page = visit(html)
    assert page.evaluate("window.__pwn") is None
    assert page.inner_text("h1") == HOSTILE
    assert re.search(r"default-src 'none'; script-src 'sha256-", html)
    assert list(pictures(scene_of(made), last=True))


def test_presets_can_be_animated():
    for name in ("cubic-1", "spiral", "spiral-classes"):
        preset = PRESETS[name]
        made = fit(preset.target, preset.activation, frames=2, device="cpu", **{**preset.settings, "steps": 2})
        assert len(list(pictures(scene_of(made)))) == 2
