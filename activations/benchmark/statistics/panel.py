"""Errors over several targets, with the weights that make all groups of targets count the same, and their bootstrap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.inputs import PERFECT, checked_labels
from activations.benchmark.statistics.intervals import DRAWS, medians, resamples, seed_counts
from activations.errors import DataError

__all__ = ["Panel", "Resampling", "balanced_weights", "make_panel", "resample_panel"]

CELLS_AT_ONCE = 2_000_000  # which bounds the memory


@dataclass(frozen=True)
class Panel:
    """Errors of activations on targets; every cell is filled.

    Attributes:
        errors: log10 NRMSE [targets, activations, seeds]; infinite for a run that failed.
        labels: of the activations.
        targets: their names.
        groups: the group of each target.
        dropped: labels of activations that were left out because a cell of theirs is missing.
    """

    errors: npt.NDArray[np.float64] = field(repr=False)
    labels: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def seeds(self) -> int:
        """How many seeds there are for each target."""
        return int(self.errors.shape[2])

    @property
    def medians(self) -> npt.NDArray[np.float64]:
        """Medians over the seeds [targets, activations]."""
        return medians(self.errors)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Weights [targets] with the sum 1: all groups weigh the same, and within one its targets do."""
        return balanced_weights(self.groups)

    @property
    def cell_weights(self) -> npt.NDArray[np.float64]:
        """Weights of all pairs of target and seed [cells], target by target, with the sum 1."""
        weights: npt.NDArray[np.float64] = np.repeat(self.weights / self.seeds, self.seeds)
        return weights

    @property
    def cells(self) -> npt.NDArray[np.float64]:
        """The errors at all pairs of target and seed [cells, activations], target by target."""
        cells: npt.NDArray[np.float64] = self.errors.transpose(0, 2, 1).reshape(-1, len(self.labels))
        return cells

    def ordered(self, order: Sequence[int]) -> Panel:
        """The panel with its activations in another order."""
        return replace(self, errors=self.errors[:, order], labels=tuple(self.labels[k] for k in order))

    @property
    def varies(self) -> bool:
        """Whether there is anything to draw from: several seeds, or several targets of a group."""
        return self.seeds > 1 or len(set(self.groups)) < len(self.groups)


def balanced_weights(groups: Sequence[str]) -> npt.NDArray[np.float64]:
    """Weights of targets with the sum 1: all groups weigh the same, and within one its targets do."""
    sizes = Counter(groups)
    return np.array([1 / (len(sizes) * sizes[group]) for group in groups])


def make_panel(errors: npt.ArrayLike, labels: Sequence[str], targets: Sequence[str], groups: Sequence[str]) -> Panel:
    """Check errors over several targets.

    A missing cell is NaN. An activation with a missing cell is left out as a whole and named in `dropped`: a mean over
    the targets that it happens to have would compare it on easier or harder ones than the others.

    Args:
        errors: log10 NRMSE [targets, activations, seeds]; infinite for a run that failed, NaN for one not made.
        labels: of the activations.
        targets: their names.
        groups: the group of each target.

    Raises:
        DataError: the shape does not match, or no activation has all its cells.
    """
    values = np.asarray(errors, dtype=np.float64)
    if values.ndim != 3 or values.shape[2] < 1:
        raise DataError(f"errors have the shape {values.shape}; give [targets, activations, seeds]")
    names = checked_labels(targets, values.shape[0], "target")
    activations = checked_labels(labels, values.shape[1])
    if len(groups) != len(names):
        raise DataError(f"{len(groups)} groups for {len(names)} targets; give the group of each target")
    missing = np.isnan(values).any(axis=2)
    kept = np.flatnonzero(~missing.any(axis=0))
    if not kept.size:
        t, k = np.argwhere(missing)[0]
        raise DataError(
            f"no activation has all its runs: one of {activations[k]!r} on {names[t]!r} is missing; "
            "leave out the target, or write inf for a run that failed"
        )
    return Panel(
        errors=np.maximum(values[:, kept], PERFECT),
        labels=tuple(activations[k] for k in kept),
        targets=names,
        groups=tuple(groups),
        dropped=tuple(label for k, label in enumerate(activations) if k not in kept),
    )


@dataclass(frozen=True)
class Resampling:
    """Bootstrap draws of a panel: in each, targets are drawn within their groups, and seeds for each drawn target.

    The intervals thus speak of other targets of the same groups and of other seeds. Of a group with one target they
    can say nothing beyond that target.

    Attributes:
        counts: how often each pair of target and seed is in each draw [draws, cells], target by target.
        weights: of each of these times [cells]: over the cells of a draw they sum to 1.
    """

    counts: npt.NDArray[np.unsignedinteger] = field(repr=False)
    weights: npt.NDArray[np.float64] = field(repr=False)

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.counts)

    def pieces(self) -> list[slice]:
        """Slices of the draws that are small enough for one array over all cells."""
        step = max(1, CELLS_AT_ONCE // self.counts.shape[1])
        return [slice(start, start + step) for start in range(0, self.draws, step)]

    def weighted_sums(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The weighted sums [columns, draws] of values [cells, columns], one for each draw."""
        weighted = self.weights[:, None] * values
        sums = np.empty((values.shape[1], self.draws))
        for piece in self.pieces():
            sums[:, piece] = (self.counts[piece].astype(np.float64) @ weighted).T
        return sums


def resample_panel(panel: Panel, rng: np.random.Generator, draws: int = DRAWS) -> Resampling:
    """Draw targets within each group with replacement, and for each of them seeds, that all activations share.

    Of a group of n targets n - 1 are drawn (of a single one, it): n would make the intervals of small groups too
    short, as the n targets lie nearer to their own mean than to that of all targets (Rao & Wu 1988).
    """
    copies = np.empty((draws, len(panel.targets)), np.intp)
    larger = np.ones(len(panel.targets))
    for group in sorted(set(panel.groups)):
        members = [t for t, other in enumerate(panel.groups) if other == group]
        drawn = max(1, len(members) - 1)
        copies[:, members] = rng.multinomial(drawn, [1 / len(members)] * len(members), size=draws)
        larger[members] = len(members) / drawn
    # Large enough for a draw that holds nothing but one cell.
    counts = np.zeros((draws, len(panel.targets), panel.seeds), np.min_scalar_type(len(panel.targets) * panel.seeds))
    for t, column in enumerate(copies.T):
        # Draws that hold the target at least once get their seeds, then those that hold it at least twice, and so on.
        for copy in range(1, column.max() + 1):
            holding = np.flatnonzero(column >= copy)
            counts[holding, t] += seed_counts(resamples(panel.seeds, rng, len(holding))).T
    return Resampling(counts.reshape(draws, -1), panel.cell_weights * np.repeat(larger, panel.seeds))
