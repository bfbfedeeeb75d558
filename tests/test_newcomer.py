"""The README's way from an empty folder to an own activation: its own commands, typed in a throw-away environment."""

from __future__ import annotations

import json
import re
from pathlib import Path

from throwaway import Throwaway, purelib_of_the_tests

ROOT = Path(__file__).parents[1]


def newcomers_commands() -> list[str]:
    """The lines of the README's block for newcomers."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- newcomer -->\n```sh\n(.*?)```", text, re.DOTALL)
    return [line for line in block.splitlines() if line.strip()]


def test_four_commands_from_an_empty_folder(tmp_path: Path) -> None:
    environment = Throwaway(tmp_path)
    work = tmp_path / "empty"
    work.mkdir()
    before = purelib_of_the_tests()
    lines = newcomers_commands()
    assert len(lines) == 4
    printed = []
    for line in lines:
        result = environment.shell(line, folder=work)
        assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
        assert "Warning" not in result.stderr
        printed.append(result.stdout)
    assert "activations_wave.py" in printed[0]
    assert "Successfully installed activations-wave-0.1.0" in printed[1]
    assert "all passed" in printed[2]
    assert [name for name in ("wave", "relu", "tanh") if name in printed[3]] == ["wave", "relu", "tanh"]

    (row,) = json.loads(environment.shell("activations list wave --json", work).stdout)
    assert row["origin"] == "activations-wave 0.1.0"
    drawn = environment.shell("activations plot wave relu -o wave.svg", work)
    assert drawn.returncode == 0, drawn.stderr
    assert (work / "wave.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")

    # What is installed is the folder itself: an edit counts, and a mistake is told.
    module = work / "activations-wave" / "activations_wave.py"
    module.write_text(module.read_text().replace("torch.asinh(x)", "torch.asinh(1.001 * x)"))
    mistaken = environment.shell("activations check wave --only value", work)
    assert mistaken.returncode == 1
    assert "wave: value" in mistaken.stdout
    assert purelib_of_the_tests() == before
