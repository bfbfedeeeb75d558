"""Finds the start values again: python fit.py. Needs scipy.

A quotient p/q stays within e of f where p - (f + e)*q <= 0 <= p - (f - e)*q, which is linear in the coefficients. So
the smallest e is found by bisection over linear programs.
"""

import numpy as np
from scipy.optimize import linprog
from scipy.special import ndtr

FUNCTIONS = {
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "tanh": np.tanh,
    "gelu": lambda x: x * ndtr(x),
}
END = 3.0
LEAST = 0.01  # of the coefficients below the line: at 0 they would have no gradient
LARGEST = 1000.0
DIGITS = 8


def fitted(values, x):
    """The coefficients a1 to a5 and b1 to b4 of the best uniform fit."""
    above = np.stack([x**j for j in range(1, 6)], axis=1)
    below = np.stack([np.abs(x) ** j for j in range(1, 5)], axis=1)
    bounds = [(None, None)] * 5 + [(LEAST, LARGEST)] * 4 + [(None, None)]
    low, high, best = 0.0, 1.0, None
    while high - low > 1e-8:
        e = (low + high) / 2
        sides = [(1, values + e), (-1, values - e)]
        rows = np.concatenate([np.hstack([sign * above, -sign * side[:, None] * below]) for sign, side in sides])
        limits = np.concatenate([sign * side for sign, side in sides])
        # The last unknown is by how much the worst point misses; the fit is possible if that is not positive.
        unknowns = np.hstack([rows, -np.ones((len(rows), 1))])
        found = linprog(np.eye(10)[-1], unknowns, limits, bounds=bounds, method="highs")
        if found.status == 0 and found.x[-1] <= 0:
            high, best = e, found.x[:-1]
        else:
            low = e
    return best[:5], best[5:]


def main():
    """Print the start values and the largest error of each."""
    # Points where best fits have their extremes: dense at the ends and at 0.
    angles = np.linspace(-np.pi / 2, np.pi / 2, 801)
    x = np.unique(np.concatenate([np.linspace(-END, END, 2001), END * np.sin(angles), np.linspace(-0.3, 0.3, 601)]))
    fine = np.linspace(-END, END, 600_001)
    for name, function in FUNCTIONS.items():
        a, b = (np.round(part, DIGITS) for part in fitted(function(x), x))
        quotient = sum(a[j] * fine ** (j + 1) for j in range(5)) / (
            1 + sum(b[j] * np.abs(fine) ** (j + 1) for j in range(4))
        )
        error = np.abs(quotient - function(fine)).max()
        print(f"{name}: a1..a5 = {a.tolist()}, b1..b4 = {b.tolist()}, largest error {error:.3g}")


if __name__ == "__main__":
    main()
