"""The suite: every formula against facts that were computed with other code, and look-up by suite."""

from collections import Counter

import mpmath
import numpy as np
import pytest

from activations.errors import UnknownTargetError
from activations.fitting.evaluation import evaluate
from activations.fitting.points import uniform
from activations.fitting.samples import draw_samples
from activations.fitting.suite.special import bessel_j0, elliptic_e
from activations.fitting.targets import TARGETS, resolve_target, resolve_targets, suite, suite_names

# Mean, standard deviation, minimum and maximum on 1001 equidistant points of the domain.
ON_A_GRID = {
    "sin": (0.0, 0.69065, -0.99998, 0.99998),
    "gramacy_lee": (0.75171, 1.3082, -0.86887, 5.0625),
    "sinc10": (0.16561, 0.35254, -0.21723, 1.0),
    "bessel_j0": (0.053449, 0.29628, -0.40275, 1.0),
    "sin20pi": (0.0, 0.70675, -1.0, 1.0),
    "cubic": (0.336, 1.8365, -2.2684, 5.0),
    "x2": (0.334, 0.29874, 0.0, 1.0),
    "runge": (0.27444, 0.28477, 0.038462, 1.0),
    "nguyen5": (-0.77535, 0.16386, -1.0, -0.54313),
    "nguyen7": (1.3645, 0.81738, 0.0, 2.7081),
    "keijzer1": (-0.047698, 0.11018, -0.22987, 0.086883),
    "forrester": (0.46218, 4.4676, -6.0207, 15.83),
    "dampened_cosine": (-0.010164, 0.41347, -0.67576, 1.0),
    "inner_layer": (-0.1998, 0.96959, -1.0, 1.0),
    "higdon": (0.0, 0.72075, -1.1417, 1.1417),
    "multisine": (0.00042389, 2.235, -8.5634, 5.9539),
    "doppler": (0.048322, 0.28886, -0.49751, 0.49304),
    "two_scale": (0.0, 0.71028, -1.1, 1.1),
    "weierstrass": (-0.0019824, 0.81847, -1.9844, 1.9844),
    "bumps": (0.28389, 0.6871, 3.4713e-05, 5.1069),
    "abs": (0.5005, 0.28896, 0.0, 1.0),
    "triangle": (-0.000999, 0.57796, -1.0, 1.0),
    "sqrt_cusp": (0.48361, 0.18236, 0.0, 0.79373),
    "nguyen8": (1.333, 0.47238, 0.0, 2.0),
    "step": (0.5005, 0.5, 0.0, 1.0),
    "square_wave": (0.000999, 1.0, -1.0, 1.0),
    "blocks": (1.5495, 1.9031, -2.0, 5.2),
    "heavisine": (-0.83916, 2.9683, -6.0, 4.0),
    "jagtap_jump": (0.49592, 0.51771, -0.2, 1.2791),
    "piecewise_noisy": (0.78, 1.3413, -1.0, 4.0),
    "jumps_noisy": (0.013848, 1.053, -1.5, 1.5),
    "sin_noisy": (0.0, 0.70675, -1.0, 1.0),
    "cubic_noisy": (0.0, 24.262, -64.0, 64.0),
    "heteroscedastic": (0.0, 1.4135, -2.0, 2.0),
    "sinc_outliers": (0.16561, 0.35254, -0.21723, 1.0),
    "control_affine": (-1.0, 1.1559, -3.0, 1.0),
    "control_constant": (1.0, 0.0, 1.0, 1.0),
    "control_noise": (0.0, 0.0, 0.0, 0.0),
}

# Mean and standard deviation over uniform points, and the value at one point.
IN_MORE_DIMENSIONS = {
    "franke": (0.4027, 0.2835, (0.2, 0.7), 0.31435888919180116),
    "kan_exp": (1.845, 1.39, (0.3, -0.8), 4.258925908669326),
    "elliptic_e": (0.4814, 0.2693, (0.9, 0.4), 0.8569223570070118),
    "radial_sinc": (0.04002, 0.206, (3, -4), -0.1917848549326277),
    "disk": (0.1998, 0.3998, (0.3, 0.4), 0.0),
    "friedman1": (14.44, 4.895, (0.2, 0.9, 0.1, 0.4, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5), 16.058267949789965),
    "friedman3": (1.322, 0.3192, (30, 200, 0.6, 2), 1.3258127616111295),
}


def facts(target):
    ((low, high),) = target.domain
    y = evaluate(target, np.linspace(low, high, 1001)[:, None])[:, 0]
    return y.mean(), y.std(), y.min(), y.max()


@pytest.mark.parametrize("name", ON_A_GRID)
def test_functions_of_one_input_have_the_values_of_their_sources(name):
    assert facts(resolve_target(name)) == pytest.approx(ON_A_GRID[name], rel=1e-4, abs=1e-6)


def test_a_formula_that_is_a_little_wrong_would_be_seen():
    wrong = resolve_target("sin(2*pi*x/10) + 0.2001*sin(2*pi*x/2.5)", (0, 10))
    assert facts(wrong) != pytest.approx(ON_A_GRID["higdon"], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", IN_MORE_DIMENSIONS)
def test_functions_of_more_inputs_have_the_values_of_their_sources(name):
    target = resolve_target(name)
    mean, deviation, at, value = IN_MORE_DIMENSIONS[name]
    assert evaluate(target, np.array([at], dtype=float)).item() == pytest.approx(value, rel=1e-12)
    y = evaluate(target, uniform(target.domain, 20_000, np.random.default_rng(1)))
    assert y.mean() == pytest.approx(mean, abs=0.04 * deviation)
    assert y.std() == pytest.approx(deviation, rel=0.03)


def test_every_target_is_checked_or_a_data_set():
    unchecked = {target.name for target in TARGETS} - {*ON_A_GRID, *IN_MORE_DIMENSIONS}
    assert unchecked == {"spiral", "spiral3", "moons", "xor", "diabetes"}


def test_special_functions_agree_with_mpmath():
    x = np.linspace(0, 20, 101)
    np.testing.assert_allclose(bessel_j0(x), [float(mpmath.besselj(0, value)) for value in x], rtol=0, atol=1e-14)
    phi, m = (part.ravel() for part in np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9)))
    expected = [float(mpmath.ellipe(*pair)) for pair in zip(phi, m, strict=True)]
    np.testing.assert_allclose(elliptic_e(phi, m), expected, rtol=0, atol=1e-14)


def test_the_suite_has_its_tiers_and_groups():
    assert Counter(target.tier for target in TARGETS) == {"core": 36, "extra": 11, "control": 3}
    groups = Counter(target.group for target in TARGETS)
    assert groups["classification"] == 4
    assert sum(groups.values()) == 50
    for target in TARGETS:
        assert target.title and target.source
        assert target.latex or not target.formula
        for low, high in target.extrapolation:
            ((start, end),) = target.domain
            assert high <= start or low >= end


def test_suites_are_found_by_name():
    assert suite_names()[:3] == ["seeds", "core", "all"]
    assert set(suite_names()[3:]) == {target.group for target in TARGETS}
    seeds = ["sin", "cubic", "x2", "piecewise_noisy", "jumps_noisy", "spiral", "spiral3"]
    assert [target.name for target in suite("seeds")] == seeds
    assert len(suite("CORE")) == 36
    assert suite("all")[:50] == TARGETS
    assert [target.name for target in suite("control")] == ["control_affine", "control_constant", "control_noise"]
    with pytest.raises(UnknownTargetError, match=r"unknown suite 'smoth'; did you mean smooth\?"):
        suite("smoth")
    with pytest.raises(UnknownTargetError, match="write one of seeds, core, all, oscillating"):
        suite("qqq")


def test_several_targets_are_taken_once_each():
    found = resolve_targets(["abs", "x1*x2", "square"], suites=["kinked", "seeds"])
    names = [target.name for target in found]
    assert names == [*[t.name for t in suite("kinked")], *[t.name for t in suite("seeds")], "x1*x2"]
    assert [target.domain for target in resolve_targets(["x"], domain=(0, 2))] == [((0.0, 2.0),)]


def test_no_two_targets_have_the_same_samples():
    assert len({target.digest for target in TARGETS}) == len(TARGETS)


# Data sets


def test_three_spirals_and_moons_lie_where_they_should():
    samples = draw_samples(resolve_target("spiral3"), 0)
    radius = np.hypot(*samples.training.x.T)
    np.testing.assert_allclose(radius, np.tile(np.linspace(0, 1, 100), 3), atol=1e-12)
    # The angles of arm j run from 4j to 4j + 4, with normal noise of 0.2.
    angle = np.arctan2(samples.test.x[:, 0], samples.test.x[:, 1])
    radius = np.hypot(*samples.test.x.T)
    noise = (angle - 4 * (samples.test.y + radius) + np.pi) % (2 * np.pi) - np.pi
    assert (noise.mean(), noise.std()) == pytest.approx((0, 0.2), abs=0.02)
    moons = draw_samples(resolve_target("moons"), 0)
    assert Counter(moons.training.y.tolist()) == {0: 100, 1: 100}
    centres = np.where(moons.test.y[:, None] == 0, [0, 0], [1, 0.5])
    assert (np.hypot(*(moons.test.x - centres).T) - 1).std() == pytest.approx(0.2, rel=0.1)
    for name in ("spiral3", "moons"):
        first, second = (draw_samples(resolve_target(name), seed) for seed in (1, 2))
        np.testing.assert_array_equal(first.test.x, second.test.x)
        assert not np.array_equal(first.training.x, second.training.x)


def test_wrong_labels_are_only_where_they_are_learned_from():
    target = resolve_target("xor")
    wrong = 0
    for seed in range(20):
        samples = draw_samples(target, seed)
        for part in (samples.training, samples.validation):
            wrong += int((part.y != evaluate(target, part.x)).sum())
        np.testing.assert_array_equal(samples.test.y, (samples.test.x.prod(axis=1) > 0).astype(int))
    assert wrong / (20 * 200) == pytest.approx(0.05, abs=0.012)


def noise_of(name):
    """Inputs and noise of all training and validation points over 60 seeds."""
    target = resolve_target(name)
    drawn = [draw_samples(target, seed) for seed in range(60)]
    parts = [part for samples in drawn for part in (samples.training, samples.validation)]
    x = np.concatenate([part.x[:, 0] for part in parts])
    return x, np.concatenate([(part.y - evaluate(target, part.x))[:, 0] for part in parts])


def test_noise_may_grow():
    x, noise = noise_of("heteroscedastic")
    assert (noise / (0.5 + x)).std() == pytest.approx(1, rel=0.03)
    assert noise[x > 0.9].std() / noise[x < 0.1].std() == pytest.approx(1.45 / 0.55, rel=0.15)


def test_noise_may_have_heavy_tails():
    def tail(noise):
        return np.quantile(np.abs(noise), 0.99) / np.quantile(np.abs(noise), 0.5)

    _, student = noise_of("sinc_outliers")
    # Quantiles of Student's t with 2 degrees of freedom; the variance is infinite.
    assert np.quantile(np.abs(student), 0.5) == pytest.approx(0.1 * 0.8165, rel=0.05)
    assert tail(student) == pytest.approx(9.925 / 0.8165, rel=0.15)
    _, normal = noise_of("sin_noisy")
    assert tail(normal) == pytest.approx(2.576 / 0.6745, rel=0.05)


def test_extrapolation_points_lie_outside_and_have_no_noise():
    target = resolve_target("cubic_noisy")
    samples = draw_samples(target, 0)
    outside = samples.extrapolation
    assert outside is not None
    assert (np.abs(outside.x) > 4).all() and (np.abs(outside.x) < 6).all()
    np.testing.assert_allclose(outside.y, outside.x**3)
    assert draw_samples(resolve_target("abs"), 0).extrapolation is None
    assert resolve_target("cubic", (0, 4)).extrapolation == ()


def test_the_measured_data_are_those_of_the_paper():
    target = resolve_target("diabetes")
    assert target.table is not None
    assert (len(target.table.y), target.dimension) == (442, 10)
    # The mean of the response that least angle regression starts from.
    assert np.mean(target.table.y) == pytest.approx(152.133, abs=1e-3)
    assert target.table.x_names[:4] == ("age", "sex", "bmi", "bp")
