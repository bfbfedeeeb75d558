"""One mistake in a copy of the catalogue, and `activations check` names it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MISTAKES = {
    "formula": ("smooth_rectified", "mish", "x*tanh(softplus(x))", "x*tanh(softplus(x))*1.001", "value"),
    "closed gradient by 0.1 %": (
        "sigmoidal",
        "sigmoid",
        'derivative="beta*dsigmoid(beta*x)"',
        'derivative="1.001*beta*dsigmoid(beta*x)"',
        "closed-form",
    ),
    "gradient by 0.1 %": (
        "smooth_rectified",
        "softplus",
        "value = softplus_of(u)",
        "value = softplus_of(u) + 0.0005 * (u - u.detach())",
        "gradient",
    ),
    "kink": ("rectified", "relu", "kinks=(0,)", "kinks=(0.01,)", "kinks"),
    "no kink": ("rectified", "relu", "kinks=(0,)", "kinks=()", "kinks"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named(what, tmp_path):
    family, name, right, wrong, check = MISTAKES[what]
    shutil.copytree(ROOT / "activations", tmp_path / "activations", ignore=shutil.ignore_patterns("__pycache__"))
    source = tmp_path / "activations" / "catalogue" / f"{family}.py"
    text = source.read_text()
    declarations = text.split("@activation(")
    (number,) = (i for i, part in enumerate(declarations) if f"def {name}(" in part)
    assert right in declarations[number]
    declarations[number] = declarations[number].replace(right, wrong)
    source.write_text("@activation(".join(declarations))
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'cli'}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "activations", "check", name, "--only", check, "--only", "shapes"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f" {name}: {check}: " in " ".join(result.stdout.split())
    assert "Traceback" not in result.stderr
