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
        "scaled(torch.sigmoid(u) * torch.sigmoid(-u), beta)",
        "1.001 * scaled(torch.sigmoid(u) * torch.sigmoid(-u), beta)",
        "closed-form",
    ),
    "gradient by 0.1 %": (
        "smooth_rectified",
        "gelu",
        "return 0.5 * x * tail",
        "return 0.5 * x * tail + 0.0005 * (x - x.detach())",
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
    place = number if right in declarations[number] else number - 1  # a closed form stands above its activation
    assert right in declarations[place]
    declarations[place] = declarations[place].replace(right, wrong)
    source.write_text("@activation(".join(declarations))
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'cli'}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "activations", "check", name, "--only", check, "--only", "shapes"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f" {name}: {check}: " in " ".join(result.stdout.split())
    assert "Traceback" not in result.stderr
