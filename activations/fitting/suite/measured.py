"""Measured data that ships with the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from activations.fitting.data import csv_target

__all__ = ["TARGETS"]

TARGETS = (
    replace(
        csv_target(str(Path(__file__).with_name("diabetes.csv"))),
        name="diabetes",
        title="progress of diabetes after a year, of 442 patients",
        source="Efron, Hastie, Johnstone, Tibshirani 2004, doi:10.1214/009053604000000067",
        aliases=("csv_diabetes",),
    ),
)
