"""The report's data and files: what they hold, that they repeat, and that foreign text in them is text."""

import base64
import csv
import hashlib
import io
import json
import math
import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from report_results import HOSTILE, IMAGE, many_result, odd_result, ranked
from rich.console import Console

from activations.benchmark.result import Fit
from activations.errors import UnknownTargetError
from activations.files import OutputExistsError, slugs
from activations.fitting.targets import formula_target
from activations.render.report import page as page_module
from activations.render.report import prepare_folder, report_paths, write_report
from activations.render.report.bars import target_ranking
from activations.render.report.curves import collect_curves
from activations.render.report.figures import draw_heat_map, draw_profile, draw_ranking
from activations.render.report.numbers import packed, percent, shown
from activations.render.report.page import report_html
from activations.render.report.tables import ranking_csv, ranking_markdown


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    return odd_result(tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="module")
def html(written):
    folder, _ = written
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def many():
    return many_result(24, 2)


@pytest.fixture(scope="module")
def written(odd, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "out"
    return folder, write_report(odd, folder)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def data_of(html):
    return json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1])


def unpacked(found):
    low, step, text = found
    levels = np.frombuffer(base64.b64decode(text), dtype="<u2").astype(float)
    return np.where(levels == 65535, np.nan, low + step * levels)


# Files


def test_all_promised_files_are_written_and_no_others(odd, written):
    folder, places = written
    assert len(places) == len(set(places))
    assert set(places) == set(report_paths(odd, folder))
    assert set(places) == set(report_paths([found.target for found in odd.targets], folder))
    assert {str(place.relative_to(folder)) for place in places} == set(contents(folder))
    assert (folder / "report.html").stat().st_size < 6_000_000
    for place in places:
        beginnings = {".png": b"\x89PNG", ".svg": b"<?xml", ".html": b"<!doctype html>", ".json": b"{"}
        assert place.read_bytes().startswith(beginnings.get(place.suffix, b""))


@pytest.mark.torture(88)
def test_nothing_is_written_over_unless_told_and_then_the_bytes_are_the_same(odd, written, tmp_path):
    folder, _ = written
    before = contents(folder)
    with pytest.raises(OutputExistsError, match="--force"):
        write_report(odd, folder)
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 20, "svg.hashsalt": "other"}):
        write_report(replace(odd, seconds=odd.seconds + 100), tmp_path)
    assert contents(tmp_path) == before == contents(folder)
    small = replace(odd, targets=odd.targets[:1], overall=None)
    assert report_html(replace(small, device="elsewhere")) != report_html(small)


def test_a_folder_is_checked_before_the_work(odd, tmp_path):
    targets = [found.target for found in odd.targets]
    prepare_folder(targets, tmp_path / "new", overwrite=False)
    prepare_folder(targets, tmp_path / "new", overwrite=False)
    last = report_paths(targets, tmp_path / "new")[-1]
    last.touch()
    with pytest.raises(OutputExistsError):
        prepare_folder(targets, tmp_path / "new", overwrite=False)
    prepare_folder(targets, tmp_path / "new", overwrite=True)
    last.unlink()
    last.mkdir()
    with pytest.raises(IsADirectoryError):
        prepare_folder(targets, tmp_path / "new", overwrite=True)
    with pytest.raises(FileNotFoundError):
        prepare_folder(targets, tmp_path / "missing" / "new", overwrite=True)


def test_targets_of_one_name_have_files_of_their_own():
    assert slugs(["a", "b", "a", "a-2", "a"]) == ("a", "b", "a-2", "a-2-2", "a-3")


def test_the_json_is_the_result_without_its_wall_time(odd, written):
    folder, _ = written

    def refuse(name):
        raise AssertionError(f"{name} is not strict JSON")

    found = json.loads((folder / "ranking.json").read_text(), parse_constant=refuse)
    assert not {"seconds", "reused"} & set(found)
    assert found == json.loads(json.dumps({k: v for k, v in odd.to_dict().items() if k not in ("seconds", "reused")}))


@pytest.mark.torture(36)
def test_the_csv_is_the_table_and_no_cell_of_it_calculates(odd):
    lines = list(csv.DictReader(io.StringIO(ranking_csv(odd))))
    assert len(lines) == len(odd.table)
    for line, row in zip(lines, odd.table, strict=True):
        assert list(line) == list(row)
        assert line["activation"] == row["activation"]
        for name in ("rmse", "r2", "accuracy"):
            if row[name] is None:
                assert line[name] == ""
            else:
                assert float(line[name]) == pytest.approx(row[name], rel=1e-8)
    assert any(line["r2"].startswith("-") for line in lines)  # a number, which keeps its sign
    named = [
        replace(found, target=replace(found.target, name=name))
        for found, name in zip(odd.targets, ATTACKS, strict=True)
    ]
    for line in csv.reader(io.StringIO(ranking_csv(replace(odd, targets=tuple(named))))):
        assert not line[0].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert "\x1b" not in line[0]


ATTACKS = (HOSTILE, "+1+1", "-2*x", "@SUM(A1)", "\tx", "\r=1", "plain")


def test_the_markdown_has_a_row_for_each_place_and_no_markup_of_others(odd):
    named = replace(odd.targets[0], target=replace(odd.targets[0].target, name=f"{HOSTILE} | [x](javascript:alert(1))"))
    text = ranking_markdown(replace(odd, targets=(named, *odd.targets[1:])))
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| rank", "| ---"))]
    assert len(rows) == len(odd.table) + len(odd.overall.places)
    assert "<script>" not in text.replace("\\<", "")
    assert "[x](" not in text and "\x1b" not in text
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in rows[: len(odd.overall.places)]}
    assert widths == {7}


# The page


@pytest.mark.torture(84)
def test_the_policy_names_every_script_and_style_and_nothing_else(html):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]
    parts = dict(part.strip().split(" ", 1) for part in policy.replace("&#39;", "'").split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["style-src-attr"] == "'unsafe-inline'"
    assert "unsafe" not in parts["script-src"] + parts["style-src"]
    assert "connect-src" not in parts and "http" not in policy

    def digests(texts):
        return {"'sha256-" + base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() + "'" for t in texts}

    assert set(parts["script-src"].split()) == digests(re.findall(r"<script>(.*?)</script>", html, re.DOTALL))
    styles = re.findall(r"<style>(.*?)</style>", html.split("<script")[0], re.DOTALL)
    assert set(parts["style-src"].split()) == digests([*styles, ""])
    own = html.split("<script>")[0]
    assert not re.search(r"""\s(?:src|href)=["'](?!#|data:|https://(?:arxiv|doi)\.org/|figures/)""", own)
    assert " style=" not in own and not re.search(r"<[^>]*\son\w+=", re.sub(r"data:image[^\"]*", "", own))


@pytest.mark.torture(84)
def test_foreign_text_is_text(odd, html):
    own = html.split("<script")[0]
    assert "\x1b" not in html
    assert "<script>window" not in html and IMAGE not in html
    assert "&lt;img src=x onerror" in own
    title = next(found.target.title for found in odd.targets if "script" in found.target.title)
    assert IMAGE in title
    assert html.count("<script") == 3 + html.split("<script>")[2].count("<script")


def test_curves_are_the_predictions_of_the_networks(odd, html):
    data = data_of(html)
    kinds = [target["kind"] for target in data["targets"]]
    assert kinds == ["line", "rows", "path", "classes", "classes", "line", "agreement"]
    for number in (0, 2, 5):
        target, found = data["targets"][number], odd.targets[number]
        grid = unpacked(target["grid"])
        truth = np.stack([unpacked(part) for part in target["truth"]], axis=1)
        assert target["runs"]
        for run in target["runs"]:
            label = data["table"]["labels"][target["order"][run["a"]]]
            outcome = found.outcomes[label][run["s"]]
            assert run["n"] == ("inf" if math.isinf(outcome.test.relative) else pytest.approx(run["n"]))
            assert ("v" in run) == (outcome.diverged_at is None)
            if "v" not in run:
                continue
            drawn = truth + np.stack([unpacked(part) for part in run["v"]], axis=1)
            expected = Fit.of(outcome).predict(grid[:, None])
            np.testing.assert_allclose(drawn, expected, atol=2e-3 * max(1.0, np.abs(expected).max()))
            other = found.outcomes[label][(run["s"] + 1) % 3]
            if label == "tanh" and np.ptp(truth):  # a control: another seed's curve is another one
                assert np.abs(Fit.of(other).predict(grid[:, None]) - drawn).max() > 5e-3
            losses = 10 ** unpacked(run["l"][1])
            np.testing.assert_allclose(losses, [loss for _, loss in outcome.losses], rtol=1e-3)
            assert run["l"][0] == [step for step, _ in outcome.losses]


def test_errors_of_rows_are_those_at_the_test_rows(odd, html):
    data = data_of(html)
    target, found = data["targets"][1], odd.targets[1]
    for run in target["runs"]:
        if "e" not in run:
            continue
        label = data["table"]["labels"][target["order"][run["a"]]]
        outcome = found.outcomes[label][run["s"]]
        rmse = math.sqrt(np.mean(unpacked(run["e"]) ** 2))
        assert rmse == pytest.approx(outcome.test.rmse, rel=1e-3)
        x = np.array(target["data"][run["d"]]["at"])
        assert (np.diff(x) >= 0).all()


def test_a_run_without_parameters_has_no_curve_and_is_named(odd):
    found = odd.targets[0]
    bare = {
        label: tuple(replace(outcome, parameters=None) for outcome in outcomes)
        for label, outcomes in found.outcomes.items()
    }
    targets = (replace(found, outcomes=bare, fits=()), odd.targets[1])
    html = report_html(replace(odd, targets=targets, overall=None))
    runs = data_of(html)["targets"][0]["runs"]
    assert runs and not any("v" in run for run in runs)
    assert "kept no parameters" in html
    assert "v" in data_of(html)["targets"][1]["runs"][0]


def test_the_page_has_a_size_and_says_what_it_left_out(many, monkeypatch):
    whole = report_html(many)
    assert len(whole.encode()) < page_module.LIMIT
    assert "has room for the curves" not in whole
    runs = sum(len(target["runs"]) for target in data_of(whole)["targets"])
    assert runs == 24 * 2 * 3
    small = len(whole.encode()) - 150_000
    monkeypatch.setattr(page_module, "LIMIT", small)
    monkeypatch.setattr(page_module, "LEAST_CURVES", 0)
    html = report_html(many)
    assert len(html.encode()) <= small
    assert "has room for the curves" in html
    for target in data_of(html)["targets"]:
        kept = [run for run in target["runs"] if run.get("m")]
        assert {run["a"] for run in kept} >= {0, 1, 2}  # the best first
        places = [run["a"] for run in target["runs"]]
        assert 0 < len(places) < 72
        assert max(run["a"] for run in target["runs"] if not run.get("m")) < max(places)


def test_where_there_is_little_room_the_rest_shrinks_for_the_curves(many, monkeypatch):
    small = len(report_html(many).encode()) - 200_000
    monkeypatch.setattr(page_module, "LIMIT", small)
    monkeypatch.setattr(page_module, "LEAST_CURVES", 60_000)
    html = report_html(many)
    assert len(html.encode()) <= small
    assert sum(len(target["runs"]) for target in data_of(html)["targets"]) > 20
    assert "all are in ranking.csv" in html


def test_the_best_runs_come_first_whatever_the_room(many):
    few = collect_curves(many.targets, 60_000)
    assert 0 < few.kept < few.known
    assert few.known + few.without == 24 * 2 * 3
    sizes = [collect_curves(many.targets, room).kept for room in (0, 60_000, 120_000)]
    assert sizes[0] == 0 and sizes == sorted(sizes)


# Odd results


@pytest.mark.torture(86)
def test_one_seed_one_activation_one_target(tmp_path):
    result = ranked([formula_target("abs(x)", points=20)], ["tanh"], seeds=1)
    places = write_report(result, tmp_path)
    assert set(places) == set(report_paths(result, tmp_path))
    html = (tmp_path / "report.html").read_text()
    assert "One seed: no interval" in html
    (row,) = target_ranking(result.targets[0], 10).rows
    assert (row["from"], row["interval"]) == (None, "–") and row["at"] is not None
    assert not list((tmp_path / "figures").glob("heat*"))
    data = data_of(html)
    assert data["heat"] is data["profile"] is None


@pytest.mark.torture(21, 86)
def test_where_every_run_diverged_the_page_says_so():
    from activations.declare import formula_activation

    bad = formula_activation("exp(exp(exp(x*x + 9)))")
    result = ranked([formula_target("sin(3*x)", points=20)], [bad, formula_activation("log(-x*x - 1)")])
    html = report_html(result)
    assert "Every run diverged: there is no best activation." in html
    assert all(row["beyond"] == "failed" and row["at"] is None for row in target_ranking(result.targets[0], 10).rows)
    (axes,) = draw_ranking(result.targets[0]).axes
    assert len([line for line in axes.lines if line.get_marker() == "x"]) == 2
    assert "∞" in html and "Infinity" not in html.split("<script>")[0]


def test_a_race_names_those_that_were_only_screened():
    targets = [formula_target("sin(3*x)", points=20)]
    result = ranked(targets, ["relu", "tanh", "sine", "elu", "gelu", *REST], racing=True, seeds=2)
    stages = [row.stage for row in result.targets[0].ranking]
    assert set(stages) == {"ranking", "screening"}
    html = report_html(result)
    assert "So many activations raced" in html and "Grey: screened on few seeds" in html
    (target,) = data_of(html)["targets"]
    assert target["screened"] == [place for place, stage in enumerate(stages) if stage == "screening"]
    assert html.split("<script")[0].count('<tr class="screened">') == stages.count("screening")


REST = ("silu", "mish", "softplus", "sigmoid", "linear", "selu", "celu", "leaky_relu", "softsign", "arctan")


def test_a_capacity_ranking_has_no_learning_rate(odd):
    result = ranked([formula_target("sin(3*x)", points=20)], ["tanh"], capacity=True, steps=5, seeds=2)
    html = report_html(result)
    own = html.split("<script")[0]
    assert "This is a capacity ranking" in own and "Levenberg" in own
    assert ">Rate<" not in own and "were tuned" not in own
    assert ">Rate<" in report_html(replace(odd, targets=odd.targets[:1], overall=None)).split("<script")[0]
    assert "| rate" not in ranking_markdown(result) and "| rate" in ranking_markdown(odd)


def test_a_function_that_is_not_kept_has_numbers_and_no_curves(odd, tmp_path):
    found = odd.targets[0]
    gone = replace(found.target, formula="", name="lost")
    outcomes = {
        label: tuple(replace(one, run=replace(one.run, target=gone)) for one in made)
        for label, made in found.outcomes.items()
    }
    result = replace(odd, targets=(replace(found, target=gone, outcomes=outcomes, fits=()),), overall=None)
    assert not gone.has_values
    write_report(result, tmp_path)
    (target,) = data_of((tmp_path / "report.html").read_text())["targets"]
    assert target["kind"] == "unknown" and target["runs"]
    assert not any("v" in run for run in target["runs"])


def test_bars_stand_at_their_values(odd):
    ranking = target_ranking(odd.targets[0], 10)
    axis = ranking.axis
    for row, bar in zip(odd.targets[0].ranking, ranking.rows, strict=True):
        if bar["at"] is None:
            assert math.isinf(row.nrmse)
            continue
        share = (bar["at"] - 3) / 94
        assert axis.low * (axis.high / axis.low) ** share == pytest.approx(row.nrmse, rel=1e-2)
        assert bar["from"] <= bar["at"] <= bar["to"]
    assert all(0 <= place <= 100 for place, _ in axis.ticks)
    assert len(axis.ticks) >= 2


def test_the_figures_show_the_numbers(odd, many):
    (axes,) = draw_ranking(odd.targets[0]).axes
    errors = [line.get_xdata()[0] for line in axes.lines if line.get_gid() == "error"]
    np.testing.assert_allclose(errors, [row.nrmse for row in odd.targets[0].ranking if math.isfinite(row.nrmse)])
    heat = draw_heat_map(many).axes[0]
    assert len(heat.get_yticklabels()) == 24 and len(heat.get_xticklabels()) == 2
    best = many.overall.places[0].label
    row = next(row for row in many.targets[0].ranking if row.activation == best)
    assert heat.images[0].get_array()[0, 0] == pytest.approx(-math.log10(row.nrmse))
    profile = draw_profile(many.overall).axes[0]
    np.testing.assert_allclose(profile.lines[0].get_ydata(), many.overall.profile.shares[0])
    assert len(profile.lines) == 8


# Numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (-0.25, "-0.250"),
        (12345.678, "12346"),
        (8.68e-4, "8.68e-4"),
        (2e21, "2.00e21"),
        (math.inf, "∞"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_numbers_for_people(value, text):
    assert shown(value) == text


def test_shares_are_never_rounded_to_nothing_or_all():
    assert [percent(share) for share in (0.0, 1e-4, 0.25, 0.9999, 1.0)] == ["0 %", "<1 %", "25 %", ">99 %", "100 %"]


def test_packed_numbers_are_exact_to_a_65534th_of_their_range_and_gaps_stay_gaps():
    values = np.random.default_rng(0).normal(size=500) * 1e-7 + 3
    values[[3, 77]] = np.nan, np.inf
    found = unpacked(json.loads(json.dumps(packed(values))))
    assert np.isnan(found[[3, 77]]).all()
    finite = np.isfinite(values)
    assert np.abs(found - values)[finite].max() <= np.ptp(values[finite]) / 65534 + 1e-8
    np.testing.assert_array_equal(unpacked(packed(np.full(4, 2.5))), 2.5)
    assert np.isnan(unpacked(packed(np.full(2, np.nan)))).all()


# In notebooks


def test_a_result_is_an_html_table_in_a_notebook(odd):
    html = odd._repr_html_()
    assert html.count("<table>") == len(odd.targets)
    assert "<script" not in html and "<img" not in html and "\x1b" not in html
    assert "&lt;b&gt;" in html  # of the file's name
    assert html == odd._repr_html_()
    assert odd.targets[1]._repr_html_() in html


def test_a_result_is_a_table_in_a_console(odd):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(odd)
    text = console.export_text()
    assert "tanh" in text and "P(best)" in text and "\x1b" not in text
    console.print(odd.targets[0])
    assert "sin(3*x)" in console.export_text()


def test_rankings_and_pictures_by_target(odd, many):
    assert set(odd.ranking) == {found.target.name for found in odd.targets}
    assert odd.ranking["sin(3*x)"] == odd.targets[0].ranking
    single = replace(odd, targets=odd.targets[:1])
    assert single.ranking == odd.targets[0].ranking
    twice = replace(odd, targets=(odd.targets[0], odd.targets[0]))
    assert list(twice.ranking) == ["sin(3*x)", "sin(3*x) (2)"]
    assert single.plot().get_suptitle() == "sin(3*x)"
    assert odd.plot("sin(3*x)", theme="dark").get_suptitle() == "sin(3*x)"
    assert odd.targets[0].plot().get_suptitle() == "sin(3*x)"
    assert len(many.plot().axes[0].get_xticklabels()) == 2
    with pytest.raises(UnknownTargetError, match="choose from"):
        odd.plot("cosine")
