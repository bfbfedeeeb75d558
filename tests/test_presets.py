"""The articles' fits: their settings, short versions of their training, the version by hand, and their gallery."""

import json
import math
import shutil
import statistics

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from activations.fitting.settings import SettingError
from activations.networks.by_hand import predict_by_hand, train_by_hand
from activations.networks.comparison import Rival, compare_activations
from activations.networks.fit import fit
from activations.networks.hand_check import check_by_hand
from activations.networks.presets import PRESETS, preset_named
from activations.networks.settings import FitSettings
from activations.networks.summary import summarise
from activations.render.fit_gallery import write_fit_gallery
from activations.render.fit_gallery_words import FitPages
from activations_cli.main import cli

SHAPES = {
    "cubic-1": (128,),
    "cubic-2": (128, 10),
    "sine-shallow": (20, 50, 20),
    "sine-deep": (20, 50, 100, 500, 100, 50, 20),
    "relu-sin": (512,),
    "relu-square": (512,),
    "recipe-17": (32,),
    "spiral": (64, 64),
    "spiral-classes": (64, 64),
}


def short(name, steps, **changes):
    preset = PRESETS[name]
    return fit(preset.target, preset.activation, device="cpu", **{**preset.settings, "steps": steps, **changes})


def run(*arguments):
    return CliRunner().invoke(cli, ["fit", *arguments], env={"COLUMNS": "100", "NO_COLOR": "1"})


def test_the_presets_are_those_of_the_articles():
    assert {name: preset.hidden for name, preset in PRESETS.items()} == SHAPES
    for name in ("cubic-1", "cubic-2"):
        preset = PRESETS[name]
        assert (preset.optimizer, preset.learning_rate, preset.steps) == ("sgd", 1e-4, 100_000)
        assert preset.target.points == 40
    for name, reported in (("sine-shallow", 0.0194), ("sine-deep", 0.0138)):
        preset = PRESETS[name]
        assert (preset.optimizer, preset.learning_rate, preset.steps, preset.reported) == ("sgd", 5e-2, 5000, reported)
    for name in ("relu-sin", "relu-square"):
        preset = PRESETS[name]
        assert (preset.activation, preset.split, preset.batch_size, preset.by_hand) == ("relu", 0.8, 32, True)
    assert PRESETS["recipe-17"].target.points == 17
    assert PRESETS["spiral"].target.outputs == 2
    assert PRESETS["spiral-classes"].target.classes == 2


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_says_where_it_comes_from_and_can_be_run(preset):
    assert preset.given.endswith(".")
    assert preset.chosen.endswith(".")
    made = short(preset.name, 3)
    assert made.state == "finished"
    assert made.network.hidden == preset.hidden
    assert made.settings.learning_rate == preset.learning_rate
    assert isinstance(made.settings, FitSettings)
    assert np.isfinite(made.training_losses).all()


def test_names_are_found_in_any_spelling_and_mistakes_get_a_hint():
    assert preset_named(" Sine-Deep ").name == "sine-deep"
    with pytest.raises(SettingError, match="did you mean sine-shallow"):
        preset_named("sine-shalow")
    with pytest.raises(SettingError, match="write one of cubic-1, "):
        preset_named("???")


@pytest.mark.parametrize(
    ("name", "steps", "loss"), [("cubic-1", 4000, 2.0), ("sine-shallow", 1500, 0.35), ("relu-square", 2000, 0.01)]
)
def test_short_trainings_go_the_right_way(name, steps, loss):
    made = short(name, steps)
    assert made.training_losses[-1] < loss < made.training_losses[0] * 2
    assert made.training_losses[-1] < made.training_losses[0]


def test_the_recipe_learns_its_17_points():
    made = short("recipe-17", 2000)
    data, predicted = (summarise(y[:, 0].tolist()) for y in (made.training.y, made.predict(made.training.x)))
    assert (data.count, data.mean, data.median, data.mode) == (17, 24, 16, 1)
    assert predicted.mean == pytest.approx(24, abs=0.5)
    assert predicted.median == pytest.approx(16, abs=1)
    assert predicted.deviation == pytest.approx(data.deviation, rel=0.02)


def test_a_summary_is_that_of_the_standard_library():
    numbers = [2.0, 3.4, 3.4, 1e6, -7.0, 2.0, 0.0]
    found = summarise(numbers, digits=1)
    assert found.mean == pytest.approx(statistics.fmean(numbers))
    assert found.median == statistics.median(numbers)
    assert found.deviation == pytest.approx(statistics.pstdev(numbers))
    assert (found.mode, found.mode_count) == (2.0, 2)  # the smaller of two that come twice
    assert math.copysign(1, summarise([-0.2, 0.1, 0.3]).mode) == 1
    with pytest.raises(ValueError, match="at least one"):
        summarise([])


@pytest.mark.parametrize("name", ["relu-sin", "relu-square"])
def test_torch_and_numpy_agree_step_by_step(name):
    check = check_by_hand(PRESETS[name], 400)
    assert check.differences.shape == (400,)
    assert check.largest < 1e-9


def test_the_comparison_with_numpy_can_fail(monkeypatch):
    def wrong(*arguments, **settings):
        return train_by_hand(*arguments, **{**settings, "learning_rate": 1.001e-3})

    monkeypatch.setattr("activations.networks.hand_check.train_by_hand", wrong)
    assert check_by_hand(PRESETS["relu-sin"], 20).largest > 1e-7


def test_the_version_by_hand_is_that_of_autograd():
    """Against torch's own layers, optimizer and loss, in float64: neither engine has a part in it."""
    random = np.random.default_rng(0)
    x, y = random.uniform(-3, 3, (64, 1)), random.normal(size=(64, 1))
    start = random.normal(size=3 * 16 + 1)
    model = torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1)).double()
    for parameter, part in zip(model.parameters(), np.split(start, [16, 32, 48]), strict=True):
        parameter.data = torch.from_numpy(part).reshape(parameter.shape).clone()
    descent = torch.optim.SGD(model.parameters(), lr=0.01)
    for loss, row in train_by_hand([(x, y)] * 50, start, hidden=16, learning_rate=0.01):
        descent.zero_grad()
        expected = torch.nn.functional.mse_loss(model(torch.from_numpy(x)), torch.from_numpy(y))
        expected.backward()
        descent.step()
        assert loss == pytest.approx(expected.item(), rel=1e-12)
        flat = torch.cat([parameter.detach().reshape(-1) for parameter in model.parameters()]).numpy()
        assert np.abs(flat - row).max() < 1e-12
    with torch.no_grad():
        assert np.abs(predict_by_hand(x, row, hidden=16) - model(torch.from_numpy(x)).numpy()).max() < 1e-12


def test_presets_without_a_version_by_hand_say_so():
    with pytest.raises(SettingError, match="take relu-sin or relu-square"):
        check_by_hand(PRESETS["spiral"])


def test_activations_are_compared_by_the_same_seeds():
    ways = ("as described", "tuned rate")
    found = compare_activations(("relu-square",), seeds=2, rates=(1e-3, 1e-2, 1e3), steps=300, ways=ways)
    assert [(rival.activation, rival.way) for rival in found] == [(a, w) for a in ("relu", "sigmoid") for w in ways]
    described, tuned = found[:2]
    assert described.learning_rate == 1e-3
    assert tuned.learning_rate == 1e-2
    assert tuned.middle < described.middle
    assert described.spread == pytest.approx(0.298, abs=0.03)
    # The first seed is the preset's own: the same training as by itself.
    assert described.errors[0] == pytest.approx(short("relu-square", 300).errors().rmse, rel=1e-3)
    (hopeless,) = compare_activations(
        ("relu-square",), ("relu",), seeds=2, rates=(1e3,), steps=300, ways=("tuned rate",)
    )
    assert hopeless.errors == (math.inf, math.inf)
    assert hopeless.diverged == 2
    assert hopeless.r2 == -math.inf


def pages(*middles):
    """Pages of two activations, described and tuned, with given errors relative to the spread."""
    ways = ("as described", "tuned rate")
    keys = [(activation, way) for activation in ("relu", "sigmoid") for way in ways]
    rivals = [
        Rival("relu-sin", activation, way, 0.1, (error,), 1.0)
        for (activation, way), error in zip(keys, middles, strict=True)
    ]
    return FitPages([], [], rivals, "a.gif", "a.html")


def test_the_answer_follows_the_numbers():
    assert "it is the settings that fail" in pages(0.01, 0.01, 0.9, 0.02).verdict
    assert pages(0.01, 0.01, 0.9, 0.8).verdict.startswith(
        "Yes: sigmoid fails (R² at the median error is below 0.9) on all of these fits"
    )
    assert pages(0.01, 0.01, 0.02, 0.02).verdict.startswith("No")
    assert "times 90 on relu-sin" in pages(0.01, 0.01, 0.9, 0.02).answer[0]
    assert pages(0.01, 0.01, math.inf, 0.02).rival_rows[2][4] == "diverged"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    place = tmp_path_factory.mktemp("fits")
    chosen = [PRESETS[name] for name in ("relu-sin", "recipe-17", "spiral-classes")]
    told = []
    opened = write_fit_gallery(
        place, chosen, steps=30, frames=5, compare=False, progress=lambda *what: told.append(what)
    )
    assert opened == place / "index.html"
    assert told[-1] == (5, 5, "")
    return place


def test_a_gallery_has_all_that_its_numbers_list(gallery):
    numbers = json.loads((gallery / "results.json").read_text())
    found = sorted(str(path.relative_to(gallery)) for path in gallery.rglob("*") if path.is_file())
    assert found == numbers["files"]
    assert list(numbers["presets"]) == ["relu-sin", "recipe-17", "spiral-classes"]
    assert numbers["by_hand"][0]["largest_difference"] < 1e-9
    text = (gallery / "README.md").read_text()
    for name in numbers["presets"]:
        assert f"pictures/{name}.png" in text
        assert PRESETS[name].given in text
    assert "| median |" in text


def test_a_gallery_is_the_same_again_and_overwrites_only_when_told(gallery, tmp_path):
    chosen = [PRESETS["recipe-17"]]
    write_fit_gallery(tmp_path, chosen, steps=20, frames=5, compare=False)
    before = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(FileExistsError, match="--force"):
        write_fit_gallery(tmp_path, chosen, steps=20, frames=5, compare=False)
    write_fit_gallery(tmp_path, chosen, steps=20, frames=5, compare=False, overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    with pytest.raises(ValueError, match="at least one preset"):
        write_fit_gallery(tmp_path, [])


def test_the_page_opens_without_a_network(gallery):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright drives Chromium")
    problems = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 320, "height": 700})
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith("file:") else problems.append(asked.url))
        page.goto((gallery / "index.html").as_uri())
        assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.locator("section.fit").count() == 3
        page.click("text=With play, pause and a slider")
        page.click("#play")
        browser.close()
    assert problems == []


def test_the_command_shows_what_the_article_says():
    done = run("--preset", "recipe-17", "--steps", "50")
    assert done.exit_code == 0, done.output
    for words in ("mean", "median", "mode, of whole numbers", "standard deviation", "The article: Seventeen points"):
        assert words in done.stdout
    done = run("--preset", "sine-shallow", "--steps", "5", "--json")
    assert json.loads(done.stdout)["preset"]["reported_loss"] == 0.0194


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "all"], "name its folder with -o"),
        (["--preset", "all", "-o", "x", "--hidden", "3"], "each has its own settings"),
        (["--preset", "sine-shalow"], "did you mean sine-shallow"),
        (["sin", "--preset", "spiral"], "give one of them"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(arguments, words):
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_the_command_writes_the_gallery(monkeypatch, tmp_path):
    written = {}

    def write(folder, *, overwrite, progress):
        written.update(folder=folder, overwrite=overwrite)
        return folder / "index.html"

    monkeypatch.setattr("activations.render.fit_gallery.write_fit_gallery", write)
    done = run("--preset", "all", "-o", str(tmp_path), "--force")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'index.html'}\n"
    assert written == {"folder": tmp_path, "overwrite": True}
