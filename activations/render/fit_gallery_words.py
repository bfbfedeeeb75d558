"""The table and the page of the presets' gallery: settings, results, and what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activations.registry import default_registry
from activations.render.html import environment, markup, policy, visible
from activations.render.style import THEMES

if TYPE_CHECKING:
    from activations.fitting.target import Target
    from activations.networks.comparison import Rival
    from activations.networks.hand_check import HandCheck
    from activations.networks.presets import Preset
    from activations.networks.summary import Summary

__all__ = ["FitEntry", "FitPages", "fit_page", "fit_readme"]

ASSETS = "fit_gallery_assets"
TITLE = "Fits of the articles"
LEAD = (
    "Networks that articles describe, each trained anew by `activations fit --preset NAME`. What an article leaves "
    "open, or what of it could not be read, is chosen by us and said so."
)
STEPS_OF_A_NETWORK = (
    "the data: 17 points",
    "the network: its layers and activation",
    "the loss: the mean of the squared errors",
    "the optimizer and its rate",
    "the training: forward, backward, a step, and again",
    "the predictions, and what they come to",
)
WAYS = {
    "as described": "At the settings described, with only the activation changed",
    "tuned rate": "With a learning rate chosen for each activation, and nothing else changed",
    "tuned Adam": "With Adam, scaled data, initial weights that suit the activation and a chosen rate",
}
HEAD = ("fit", "way", "activation", "rate", "median test RMSE", "range", "R² of the median", "diverged")
LEAST_R2 = 0.9  # of a fit that has not failed
FAILURE = f"R² at the median error is below {LEAST_R2:g}"


@dataclass(frozen=True)
class FitEntry:
    """One preset with what came of it.

    Attributes:
        preset: its settings.
        target: what was fitted.
        recipe: optimizer, batch and schedule in words.
        steps: that were made.
        parameters: number of trained values.
        points: numbers of training and test points.
        loss: the training loss at the end.
        error: the root mean squared test error in the target's units; None for classes.
        score: R² at the test points, or the share of right ones.
        state: how the training ended.
        picture: its path.
        summaries: of the data and of the predictions, if the preset sums them up.
    """

    preset: Preset
    target: Target
    recipe: str
    steps: int
    parameters: int
    points: tuple[int, int]
    loss: float
    error: float | None
    score: float
    state: str
    picture: str
    summaries: tuple[Summary, Summary] | None

    @property
    def shape(self) -> str:
        """The widths of the layers: "1-128-1"."""
        return "-".join(map(str, (self.target.dimension, *self.preset.hidden, self.target.network_outputs)))

    @property
    def command(self) -> str:
        """What trains it."""
        return f"activations fit --preset {self.preset.name}"

    @property
    def what(self) -> str:
        """What is fitted, and from how many points."""
        where = ", ".join(f"[{low:.5g}, {high:.5g}]" for low, high in dict.fromkeys(self.target.domain))
        named = self.target.formula or self.target.title
        return f"{named} on {where}, {self.points[0]} training points, {self.points[1]} for tests"

    @property
    def how(self) -> str:
        """How it is trained."""
        preset = self.preset
        units = "numbers as they are" if preset.scaling == "none" else "scaled numbers"
        start = "torch's initial weights" if preset.initialisation == "torch" else "initial weights by moments"
        return (
            f"{self.shape} ({self.parameters:,} parameters), {_label(preset.activation)}; {self.recipe}, rate "
            f"{preset.learning_rate:g}, {self.steps:,} steps; {units}, {start}, seed {preset.seed}"
        )

    @property
    def result(self) -> str:
        """What came of it."""
        loss = f"training loss {_number(self.loss)}"
        if self.preset.reported is not None:
            loss += f" (the article: {self.preset.reported:g})"
        if self.error is None:
            return f"{loss}; {self.score:.1%} of the test points right"
        return f"{loss}; test RMSE {_number(self.error)}, R² {_r2(self.score)}"


@dataclass(frozen=True)
class FitPages:
    """All that table and page show.

    Attributes:
        entries: the presets.
        checks: of the versions by hand.
        rivals: of the comparison of activations; empty if there was none.
        animation: the path of the GIF.
        player: the path of the page with controls.
    """

    entries: Sequence[FitEntry]
    checks: Sequence[HandCheck]
    rivals: Sequence[Rival]
    animation: str
    player: str

    @property
    def animated(self) -> str:
        """The name of the preset that is animated."""
        return self.animation.removesuffix(".gif")

    @property
    def hand_lines(self) -> list[str]:
        """What became of the versions by hand, a sentence each."""
        return [
            f"{check.preset}: over {check.steps:,} steps in float64 no parameter of the two trainings is ever more "
            f"than {check.largest:.1g} apart; test RMSE by hand {_number(check.test_error)}."
            for check in self.checks
        ]

    @property
    def rival_rows(self) -> list[tuple[str, ...]]:
        """The comparison as a table: fit, way, activation, rate, median, range, R² of the median, diverged."""
        return [
            (
                rival.preset,
                rival.way,
                _label(rival.activation),
                f"{rival.learning_rate:.2g}",
                _number(rival.middle),
                f"{_number(min(rival.errors))} to {_number(max(rival.errors))}",
                _r2(rival.r2),
                f"{rival.diverged} of {len(rival.errors)}",
            )
            for rival in self.rivals
        ]

    @property
    def answer(self) -> list[str]:
        """How sigmoid does where ReLU works, a sentence for each way; the numbers decide."""
        found = []
        for way, start in WAYS.items():
            relu, sigmoid = self._of(way, 0), self._of(way, 1)
            if not sigmoid:
                continue
            ratios = [other.middle / one.middle for one, other in zip(relu, sigmoid, strict=True)]
            listed = ", ".join(f"{_times(ratio)} on {one.preset}" for ratio, one in zip(ratios, relu, strict=True))
            found.append(
                f"{start}: ReLU fails on {_failed(relu)} of {len(relu)} fits, sigmoid on {_failed(sigmoid)}. "
                f"Sigmoid's median error is that of ReLU times {listed}."
            )
        return found

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        described, tuned = self._of("as described", 1), self._of("tuned rate", 1) or self._of("tuned Adam", 1)
        if not described or not tuned:
            return ""
        if not _failed(described):
            return f"No: even at the settings described sigmoid fails on none of these fits ({FAILURE})."
        where = "all" if _failed(described) == len(described) else f"{_failed(described)} of {len(described)}"
        if _failed(tuned):
            return (
                f"Yes: sigmoid fails ({FAILURE}) on {where} of these fits as described, and on {_failed(tuned)} when "
                "it is tuned."
            )
        return (
            f"At the settings described, yes ({FAILURE}), on {where} of these fits; but it is the settings that fail. "
            "With a learning rate of its own sigmoid fails on none, though it often stays behind ReLU."
        )

    def _of(self, way: str, place: int) -> list[Rival]:
        """The rivals of one way: those of the first activation, or those of the second."""
        names = list(dict.fromkeys(rival.activation for rival in self.rivals))
        chosen = names[place : place + 1]
        return [rival for rival in self.rivals if rival.way == way and rival.activation in chosen]


def _failed(rivals: Sequence[Rival]) -> int:
    return sum(not rival.r2 >= LEAST_R2 for rival in rivals)


def fit_readme(pages: FitPages) -> str:
    """The table in Markdown; links are relative."""
    lines = [f"# {TITLE}", "", LEAD, "", "The whole folder is written by `activations fit --preset all -o DIR`."]
    lines += ["[index.html](index.html) is the same as a page: download the folder and open it in a browser.", ""]
    lines += [f"## {pages.animated}, step by step", ""]
    lines += [f"![{pages.animated}, frame by frame]({pages.animation})", ""]
    lines += [f"[{pages.player}]({pages.player}) has play, pause and a slider.", "", "## The fits", ""]
    lines += ["| fit | the article | settings | what came of it |", "|---|---|---|---|"]
    for entry in pages.entries:
        picture = (
            f'<a href="{entry.picture}"><img src="{entry.picture}" width="320" alt="{_cell(entry.preset.title)}"></a>'
        )
        settings = f"{_cell(entry.what)}<br><br>{_cell(entry.how)}"
        lines.append(
            f"| **{entry.preset.name}**<br>{_cell(entry.preset.title)}<br>{picture} | {_cell(entry.preset.given)}"
            f"<br><br>{_cell(entry.preset.chosen)} | {settings} | {_cell(entry.result)} |"
        )
    for entry in pages.entries:
        if entry.summaries:
            lines += ["", f"## {entry.preset.name}: six steps and four numbers", ""]
            lines += [f"{place}. {step}" for place, step in enumerate(STEPS_OF_A_NETWORK, 1)]
            lines += ["", "| | data | predictions |", "|---|---|---|"]
            lines += [f"| {name} | {data} | {predicted} |" for name, data, predicted in _summary_rows(entry)]
    if pages.checks:
        lines += ["", "## With torch and by hand", ""]
        lines += ["The same start and the same minibatches: a network by the engine, and one in NumPy with its"]
        lines += [
            "backward pass written by hand (`activations/networks/by_hand.py`).",
            "",
            *(f"- {line}" for line in pages.hand_lines),
        ]
    if pages.rivals:
        lines += ["", "## Does sigmoid fail where ReLU works?", "", pages.verdict, ""]
        lines += [f"- {line}" for line in pages.answer]
        lines += [
            "",
            "| " + " | ".join(HEAD) + " |",
            "|---" * len(HEAD) + "|",
        ]
        lines += ["| " + " | ".join(row) + " |" for row in pages.rival_rows]
        lines += ["", _seeds(pages)]
    return "\n".join(lines) + "\n"


def fit_page(pages: FitPages) -> str:
    """The same as a page that needs no network."""
    style = environment(ASSETS).get_template("page.css").render(light=THEMES["light"], dark=THEMES["dark"])
    page: str = (
        environment(ASSETS)
        .get_template("page.html")
        .render(
            title=TITLE,
            lead=LEAD.replace("`", ""),
            pages=pages,
            entries=[
                {
                    "name": visible(entry.preset.name),
                    "title": visible(entry.preset.title),
                    "given": visible(entry.preset.given),
                    "chosen": visible(entry.preset.chosen),
                    "what": visible(entry.what),
                    "how": visible(entry.how),
                    "result": visible(entry.result),
                    "picture": entry.picture,
                    "command": entry.command,
                    "rows": _summary_rows(entry) if entry.summaries else [],
                }
                for entry in pages.entries
            ],
            network_steps=STEPS_OF_A_NETWORK,
            head=HEAD,
            seeds=_seeds(pages) if pages.rivals else "",
            style=markup()(style),
            policy=policy([], [style]),
        )
    )
    return page


def _seeds(pages: FitPages) -> str:
    count = len(pages.rivals[0].errors)
    return (
        f"{count} seeds each, the same for both activations. Rates are half-decades, chosen on three other seeds by "
        "their largest test error."
    )


def _summary_rows(entry: FitEntry) -> list[tuple[str, str, str]]:
    assert entry.summaries is not None
    data, predicted = entry.summaries
    return [
        ("mean", f"{data.mean:.4g}", f"{predicted.mean:.4g}"),
        ("median", f"{data.median:.4g}", f"{predicted.median:.4g}"),
        ("mode, of whole numbers", _mode(data), _mode(predicted)),
        ("standard deviation", f"{data.deviation:.4g}", f"{predicted.deviation:.4g}"),
    ]


def _mode(summary: Summary) -> str:
    return f"{summary.mode:g} ({summary.mode_count} times)" if summary.mode_count > 1 else "none comes twice"


def _label(activation: str) -> str:
    """An activation as people write it: ReLU."""
    return default_registry().variant(activation).activation.class_name


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "diverged"


def _r2(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    # Rounding must not make a perfect fit of a good one.
    return f"{math.floor(value * 1e6) / 1e6:.6f}" if value > 0.999 else f"{value:.3f}"


def _times(ratio: float) -> str:
    return f"{ratio:.2g}" if math.isfinite(ratio) else "(diverged)"


def _cell(text: str) -> str:
    """A text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;").replace(">", "&gt;")
