"""Measured data to fit: public series and tables that ship inside statsmodels, and a command that lists them.

Only the data files of statsmodels are read; the package itself, which takes seconds, is never imported.
"""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from activations import Target, hookimpl
from activations.fitting.table import Table

if TYPE_CHECKING:
    import click

Row = tuple[tuple[float, ...], float]
HOST = "statsmodels"
LICENCE = "public domain"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class DataSet:
    """A data set and how its rows are read.

    Attributes:
        name: of the target.
        file: below the data folder of statsmodels.
        x: the input columns.
        y: the column to fit.
        group: "series" for one value over time, "data" for everything else.
        title: a few words for people.
        source: who measured it.
        read: gives rows of inputs and value from a line of the file.
    """

    name: str
    file: str
    x: tuple[str, ...]
    y: str
    group: str
    title: str
    source: str
    read: Callable[[Mapping[str, str]], Iterator[Row]]

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return data_folder() / self.file

    def table(self) -> Table:
        """Its rows in order; those without a value are left out and counted.

        Raises:
            OSError: the file can't be read.
        """
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
        rows = [row for line in lines for row in self.read(line)]
        return Table(
            name=self.path.name,
            x_names=self.x,
            y_name=self.y,
            x=tuple(inputs for inputs, _ in rows),
            y=tuple(value for _, value in rows),
            dropped=max(0, len(lines) - len(rows)),
        )

    def target(self) -> Target:
        """It as a target; its rows are split 60/20/20 anew for each seed, as those of any data file."""
        table = self.table()
        return Target(
            name=self.name,
            domain=table.ranges,
            points=len(table.y),
            sampling="table",
            group=self.group,
            title=self.title,
            source=f"{self.source}; {LICENCE}, from {HOST}/datasets/{self.file}",
            table=table,
        )


def columns(*x: str, y: str) -> Callable[[Mapping[str, str]], Iterator[Row]]:
    """A reader of columns as they stand."""

    def read(line: Mapping[str, str]) -> Iterator[Row]:
        yield tuple(float(line[name]) for name in x), float(line[y])

    return read


def quarterly(*x: str, y: str) -> Callable[[Mapping[str, str]], Iterator[Row]]:
    """A reader that joins year and quarter to the middle of the quarter, as a part of the year."""

    def read(line: Mapping[str, str]) -> Iterator[Row]:
        time = float(line["year"]) + (float(line["quarter"]) - 0.5) / 4
        yield (time, *(float(line[name]) for name in x)), float(line[y])

    return read


def carbon_dioxide(line: Mapping[str, str]) -> Iterator[Row]:
    """A week's mean over the date as a part of the year; weeks without a measurement have an empty cell."""
    if line["co2"].strip():
        text = line["date"]
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        start, end = date(day.year, 1, 1), date(day.year + 1, 1, 1)
        yield (day.year + (day - start).days / (end - start).days,), float(line["co2"])


def months_of_a_year(line: Mapping[str, str]) -> Iterator[Row]:
    """Twelve rows from a line with a column for each month."""
    for number, month in enumerate(MONTHS, start=1):
        yield (float(line["YEAR"]), float(number)), float(line[month])


FEDERAL = "Federal Reserve Bank of St. Louis and US Bureau of Labor Statistics, 2009"
DATA_SETS = (
    DataSet(
        "sunspots",
        "sunspots/sunspots.csv",
        ("year",),
        "spots",
        "series",
        "yearly number of sunspots, 1700 to 2008",
        "US National Geophysical Data Center",
        columns("YEAR", y="SUNACTIVITY"),
    ),
    DataSet(
        "nile_flow",
        "nile/nile.csv",
        ("year",),
        "volume",
        "series",
        "yearly flow of the Nile at Aswan, 1871 to 1970, with a drop near 1898",
        "Cobb 1978, doi:10.1093/biomet/65.2.243",
        columns("year", y="volume"),
    ),
    DataSet(
        "mauna_loa_co2",
        "co2/co2.csv",
        ("time",),
        "ppm",
        "series",
        "weekly carbon dioxide at Mauna Loa, 1958 to 2001: a trend and a yearly wave",
        "Keeling, Whorf 2004, Carbon Dioxide Information Analysis Center",
        carbon_dioxide,
    ),
    DataSet(
        "us_unemployment",
        "macrodata/macrodata.csv",
        ("time",),
        "unemp",
        "series",
        "quarterly unemployment in the USA, 1959 to 2009",
        FEDERAL,
        quarterly(y="unemp"),
    ),
    DataSet(
        "el_nino",
        "elnino/elnino.csv",
        ("year", "month"),
        "celsius",
        "data",
        "temperature of the sea off Peru by year and month, 1950 to 2010",
        "US National Oceanic and Atmospheric Administration, ERSST.V3B",
        months_of_a_year,
    ),
    DataSet(
        "us_bill_rate",
        "macrodata/macrodata.csv",
        ("time", "infl", "unemp"),
        "tbilrate",
        "data",
        "rate of US treasury bills from time, inflation and unemployment",
        FEDERAL,
        quarterly("infl", "unemp", y="tbilrate"),
    ),
    DataSet(
        "engel_food",
        "engel/engel.csv",
        ("income",),
        "foodexp",
        "data",
        "what 235 Belgian households of 1857 spent on food, by income; the spread grows with it",
        "Engel 1857, as in Koenker, Bassett 1982, doi:10.2307/1912528",
        columns("income", y="foodexp"),
    ),
)


def data_folder() -> Path:
    """The data folder of statsmodels, found without importing it.

    Raises:
        ModuleNotFoundError: statsmodels is not installed.
    """
    found = importlib.util.find_spec(HOST)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{HOST}, whose data these are, is not installed; run 'pip install {HOST}'")
    return Path(found.submodule_search_locations[0]) / "datasets"


def available() -> list[DataSet]:
    """The data sets whose files the installed version of statsmodels has.

    Raises:
        ModuleNotFoundError: statsmodels is not installed.
    """
    return [item for item in DATA_SETS if item.path.is_file()]


@hookimpl
def provide_targets() -> list[Target]:
    """Give the benchmark the data sets."""
    return [item.target() for item in available()]


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add `activations datasets`."""
    import click

    names = [item.name for item in DATA_SETS]

    @cli.command("datasets")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
    @click.option("--export", "name", type=click.Choice(names), metavar="NAME", help="Print its rows as CSV.")
    @click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the exported rows to this file.")
    @click.option("--force", is_flag=True, help="Overwrite a file that exists.")
    def datasets(as_json: bool, name: str | None, output: Path | None, force: bool) -> None:
        """List the measured data that this plugin adds to the targets, or export one as CSV."""
        if name is None and (output or force):
            raise click.UsageError("-o and --force are for an exported data set; name it with --export NAME.")
        if name is not None and as_json:
            raise click.UsageError("--export writes CSV; leave --json out.")
        if name is not None:
            export(name, output, overwrite=force)
            return
        rows = [describe(item) for item in available()]
        click.echo(json.dumps(rows, indent=2) if as_json else listing(rows))


def describe(item: DataSet) -> dict[str, object]:
    """A data set for JSON."""
    table = item.table()
    return {
        "name": item.name,
        "title": item.title,
        "rows": len(table.y),
        "dropped": table.dropped,
        "x": list(item.x),
        "y": item.y,
        "group": item.group,
        "source": item.source,
        "licence": LICENCE,
        "file": f"{HOST}/datasets/{item.file}",
    }


def listing(rows: list[dict[str, object]]) -> str:
    """A few lines for each data set."""
    blocks = []
    for row in rows:
        inputs = ", ".join(map(str, row["x"])) if isinstance(row["x"], list) else ""
        blocks.append(
            f"{row['name']}: {row['title']}\n"
            f"  {row['rows']} rows, {row['y']} from {inputs}; group {row['group']}\n"
            f"  {row['source']}; {row['licence']}"
        )
    return "\n\n".join(blocks)


def export(name: str, output: Path | None, *, overwrite: bool) -> None:
    """Write the rows of a data set as CSV to a file, or to stdout."""
    import click

    from activations.files import write_atomically

    table = next(item for item in DATA_SETS if item.name == name).table()
    lines = [",".join([*table.x_names, table.y_name])]
    lines += [",".join(map(repr, (*inputs, value))) for inputs, value in zip(table.x, table.y, strict=True)]
    text = "\n".join(lines) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text.encode(), overwrite=overwrite)
