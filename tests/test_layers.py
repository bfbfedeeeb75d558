"""The layer table of the design: a file imports only from rows above its own, or from its own package."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    {"activations", "activations.errors"},
    {
        "activations.expression",
        "activations.lazy",
        "activations.files",
        "activations.user_folders",
        "activations.streams",
        "activations.closed_form",
        "activations.discovery",
        "activations.bibliography",
        "activations.faces",
    },
    {"activations.native", "activations.reading", "activations.uniform_init"},
    {"activations.declare", "activations.axis"},
    {"activations.derivatives", "activations.module", "activations.axis_module", "activations.hookspecs"},
    {"activations.catalogue", "activations.configuration"},
    {"activations.plugins", "activations.name_book", "activations.registry"},
    {"activations.moments", "activations.nn", "activations.citation", "activations.linear_layers", "activations.trial"},
    {"activations.properties", "activations.shape", "activations.testing", "activations.fitting"},
    {
        "activations.property_store",
        "activations.similarity",
        "activations.swapping",
        "activations.integrations",
        "activations.floors",
        "activations.scaffold",
        "activations.derivation",
        "activations.onnx",
    },
    {"activations.filters"},
    {"activations.benchmark"},
    {"activations.networks"},
    {"activations.sklearn"},
    {"activations.render"},
    {"activations_cli", "activations.__main__"},
]
OF_ONE_ROW = {  # imports within a row, each from right to left only
    ("activations.module", "activations.derivatives"),
    ("activations.axis_module", "activations.module"),
    ("activations.name_book", "activations.plugins"),
    ("activations.registry", "activations.plugins"),
    ("activations.registry", "activations.name_book"),
    ("activations.shape", "activations.properties"),
    ("activations.testing", "activations.properties"),
    ("activations.__main__", "activations_cli"),
}
ONLY_IN = {
    "click": {"activations_cli"},
    "rich": {"activations_cli", "activations.render"},
    "matplotlib": {"activations.render"},
    "jinja2": {"activations.render"},
    "plotly": {"activations.render"},
    "PIL": {"activations.render"},
    "tensorboard": {"activations.render"},
    "pluggy": {"activations.hookspecs", "activations.plugins"},
    "sklearn": {"activations.sklearn"},
    "sympy": {"activations.expression"},
    "mpmath": {"activations.expression", "activations.testing", "activations.derivation"},
    "safetensors": {"activations.fitting"},
    "sqlite3": {"activations.benchmark"},
    "distributed": {"activations.benchmark"},
    "dask": {"activations.benchmark"},
    "filelock": {"activations.fitting"},
    "ctypes": {"activations.fitting"},
}


def sources():
    for folder, prefix in (
        (ROOT / "activations", "activations"),
        (ROOT / "cli/activations_cli", "activations_cli"),
    ):
        for path in sorted(folder.rglob("*.py")):
            parts = [prefix, *path.relative_to(folder).with_suffix("").parts]
            yield ".".join(part for part in parts if part != "__init__"), path


def imported(path):
    """Modules a file imports at run time: what stands under TYPE_CHECKING imports nothing."""
    tree = ast.parse(path.read_text())
    hidden = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for child in block.body
        for node in ast.walk(child)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def unit(module):
    """The name in the table that a module belongs to."""
    found = [name for row in ROWS for name in row if module == name or module.startswith(name + ".")]
    return max(found, key=len, default=None)


def row(name):
    return next(i for i, names in enumerate(ROWS) if name in names)


MODULES = dict(sources())


@pytest.mark.parametrize("module", MODULES)
def test_imports_follow_the_layers(module):
    own = unit(module)
    assert own is not None and (own != "activations" or module == "activations"), f"{module} is in no row of the table"
    for name in imported(MODULES[module]):
        other = unit(name)
        if other in (None, own, "activations"):
            # The package itself holds only __version__ and names that are imported lazily.
            assert other != "activations" or own in ("activations", "activations_cli") or "__version__" in name, (
                f"{module} imports {name}: name its home"
            )
            continue
        assert row(other) < row(own) or (own, other) in OF_ONE_ROW, f"{module} (row {row(own)}) imports {name}"


@pytest.mark.parametrize("package", ONLY_IN)
def test_foreign_packages_stay_in_their_place(package):
    users = {unit(m) for m, path in MODULES.items() for name in imported(path) if name.split(".")[0] == package}
    assert users
    assert users <= ONLY_IN[package]


def test_the_rule_bites(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("from activations.benchmark import benchmark\n")
    (name,) = imported(path)
    assert row(unit(name)) > row("activations.fitting")


HEAVY = ("torch", "numpy", "matplotlib", "sympy", "scipy", "mpmath", "plotly", "rich")


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import activations", (*HEAVY, "click", "pluggy")),
        (
            "from activations import activation, default_registry; default_registry()['mish']",
            (*HEAVY, "click"),
        ),
    ],
)
def test_import_costs(code, absent):
    script = f"import sys; {code}; print([name for name in {absent!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
