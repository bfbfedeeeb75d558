"""Classes in the plane."""

from __future__ import annotations

from activations.fitting.target import Target

__all__ = ["TARGETS"]

TARGETS = (
    Target(
        name="spiral",
        title="CMU two spirals",
        domain=((-6.5, 6.5), (-6.5, 6.5)),
        points=194,
        sampling="two spirals",
        classes=2,
        group="classification",
        tier="core",
        seed_target=True,
        source="Lang, Witbrock 1988, Proc. Connectionist Models Summer School, 52-59",
        expectation="fast with sine and Gaussian, slow with sigmoid: 20 000 epochs in 1988",
        aliases=("two_spirals",),
    ),
    Target(
        name="spiral3",
        title="three spiral arms",
        domain=((-1, 1), (-1, 1)),
        points=300,
        sampling="three spirals",
        noise=0.2,
        noise_kind="positions",
        classes=3,
        group="classification",
        tier="core",
        seed_target=True,
        source="notes of Stanford's course CS231n",
        expectation="a linear classifier is right on half of the training points, a ReLU network on nearly all",
    ),
    Target(
        name="moons",
        title="two moons",
        domain=((-2, 3), (-1.5, 2)),
        points=200,
        sampling="moons",
        noise=0.2,
        noise_kind="positions",
        classes=2,
        group="classification",
        tier="core",
        source="make_moons of scikit-learn: Pedregosa et al. 2011, JMLR 12, 2825-2830",
    ),
    Target(
        name="xor",
        title="exclusive or, with wrong labels",
        formula="1 if x1*x2 > 0 else 0",
        domain=((-1, 1), (-1, 1)),
        points=200,
        sampling="uniform",
        noise=0.05,
        noise_kind="flips",
        classes=2,
        group="classification",
        source="Minsky, Papert 1969, Perceptrons",
    ),
)
