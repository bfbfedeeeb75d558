"""Completion as bash, zsh and fish ask for it: whole words, settings, names of plugins, silence, nothing heavy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_code import HEALTHY

from activations.testing import PluginSandbox

HEAVY = ("torch", "numpy", "matplotlib", "sympy", "rich", "activations.fitting", "activations.filters")
CODE = f"""
import sys
{{first}}
from activations_cli.main import main
sys.argv = ["activations"]
try:
    main()
finally:
    print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
SHELLS = ("bash", "zsh", "fish")


def ask(shell: str, line: str, first: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the completion as a shell does when TAB is pressed at the end of a line."""
    words = line.split(" ")
    if shell == "bash":  # which parts words at : and = as well, and does not hand over an empty one
        words = [
            part for word in words for part in word.replace(":", "\0:\0").replace("=", "\0=\0").split("\0") if part
        ]
        words += [""] if line.endswith(" ") else []
        asked = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    elif shell == "zsh":
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    else:
        asked = {"COMP_WORDS": line, "COMP_CWORD": words[-1]}
    return subprocess.run(
        [sys.executable, "-c", CODE.format(first=first)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "_ACTIVATIONS_COMPLETE": f"{shell}_complete", **asked, **environment},
    )


def offered(shell: str, line: str) -> list[str]:
    """The words that a shell would show, checked to come in silence and cheaply."""
    found = ask(shell, line)
    if found.stderr == "activations.fitting\n":  # names are looked up anew when something is put beside the packages
        found = ask(shell, line)
    assert (found.returncode, found.stderr) == (0, "\n")
    if shell == "zsh":  # three lines for each: what it is, the word, a help text
        lines = found.stdout.splitlines()
        described = zip(lines[1::3], lines[2::3], strict=True)
        return [word if text == "_" else word.replace(r"\:", ":") for word, text in described]
    return [line.partition(",")[2].partition("\t")[0] for line in found.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("activations ben", ["bench"]),
        ("activations show leaky", ["leaky_relu"]),
        ("activations bench kei", ["keijzer1"]),
        ("activations fit sin -a ge", ["gelu", "gelu_tanh", "gelu_mlx_approx", "gelu_clipped", "geglu"]),
        ("activations surface cubic", ["cubic", "cubic_noisy"]),
        ("activations anomalies cubic", ["cubic", "cubic_noisy"]),
        ("activations plot -q hard_s", ["hard_sigmoid_keras2"]),
        ("activations bench sin --dev", ["--device"]),
        ("activations plugins en", ["enable"]),
        ("activations bench --hidden 32,32 kei", ["keijzer1"]),
        ("activations list --where smooth gel", ["gelu"]),
    ],
)
def test_names_targets_commands_and_options(shell: str, line: str, wanted: list[str]) -> None:
    assert set(wanted) <= set(offered(shell, line))
    assert all(word.startswith(line.split(" ")[-1]) for word in offered(shell, line))


@pytest.mark.parametrize(
    ("line", "in_bash", "elsewhere"),
    [
        (
            "show hardtanh:",
            ["min_val=-1", "max_val=1", "learnable"],
            ["hardtanh:min_val=-1", "hardtanh:max_val=1", "hardtanh:learnable"],
        ),
        ("bench sin -a sigmoid:be", ["beta=1"], ["sigmoid:beta=1"]),
        ("show hardtanh:min_val=-2,ma", ["-2,max_val=1"], ["hardtanh:min_val=-2,max_val=1"]),
        (
            "show hardtanh:min_val=-2,",
            ["-2,max_val=1", "-2,learnable"],
            ["hardtanh:min_val=-2,max_val=1", "hardtanh:min_val=-2,learnable"],
        ),
        ("show maxout:pi", ["pieces=2"], ["maxout:pieces=2"]),
        ("bench sin -a maxout:pi", [], []),
        ("show no_such:be", [], []),
        ("bench sin --device=cu", ["cuda"], ["--device=cuda"]),
        ("bench sin --device=c", ["cpu", "cuda"], ["--device=cpu", "--device=cuda"]),
    ],
)
def test_what_stands_behind_a_colon_or_an_equal_sign(line: str, in_bash: list[str], elsewhere: list[str]) -> None:
    # Bash replaces what stands behind the last colon or equal sign, the others the whole word.
    assert offered("bash", f"activations {line}") == in_bash
    for shell in ("zsh", "fish"):
        assert offered(shell, f"activations {line}") == elsewhere


@pytest.mark.parametrize("shell", SHELLS)
def test_a_blank_begins_another_word(shell: str) -> None:
    assert "mish" in offered(shell, "activations show ")
    assert "mish" in offered(shell, "activations plot sigmoid:beta=2 ")


def test_a_formula_and_unclosed_quotes_are_met_in_silence() -> None:
    for line in ('activations show "x*sigm', "activations show 'x", "activations show \\", "activations nope --"):
        for shell in SHELLS:
            found = ask(shell, line)
            assert found.stderr in ("\n", "activations.fitting\n") and found.returncode in (0, 1)


def test_a_broken_question_is_no_traceback() -> None:
    for first in ("import os; os.environ['COMP_CWORD'] = 'x'", "import os; del os.environ['COMP_WORDS']"):
        found = ask("bash", "activations be", first)
        assert (found.returncode, found.stdout, len(found.stderr.split("\n"))) == (1, "", 2)
    assert ask("tcsh", "activations be").returncode == 1


def test_the_check_for_heavy_modules_can_fail(tmp_path: Path) -> None:
    found = ask("bash", "activations show leaky", first="import numpy")
    assert "numpy" in found.stderr.split()
    # Where nothing is kept yet, the names are looked up, still without torch.
    found = ask("bash", "activations show leaky", XDG_CACHE_HOME=str(tmp_path))
    assert (found.stdout, found.stderr.split()) == ("plain,leaky_relu\n", ["activations.fitting"])


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell(shell: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "activations"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "_ACTIVATIONS_COMPLETE": f"{shell}_source"},
    )
    assert found.returncode == 0 and f"_ACTIVATIONS_COMPLETE={shell}_complete" in found.stdout
    if shell == "fish":
        assert "split --max 1" in found.stdout  # a value may have a comma


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_itself_puts_the_words_in(tmp_path: Path) -> None:
    script = tmp_path / "activations"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m activations "$@"\n')
    script.chmod(0o755)
    lines = (
        'eval "$(_ACTIVATIONS_COMPLETE=bash_source activations)"',
        "COMP_WORDS=(activations show sigmoid : be) COMP_CWORD=4",
        '_activations_completion activations; printf "%s\\n" "${COMPREPLY[@]}"',
    )
    found = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )
    assert (found.stdout, found.stderr) == ("beta=1\n", "")


def test_names_of_plugins_without_importing_them(tmp_path: Path) -> None:
    mark = tmp_path / "imported"
    with PluginSandbox(tmp_path) as sandbox:
        sandbox.add("zz-healthy", code=HEALTHY)
        sandbox.add("broken", code="import there_is_no_such_module")
        sandbox.run("list", "my_cube")  # loads it, and remembers
        sandbox.add("zz-beside", code=f"open({str(mark)!r}, 'w').close()")
        path = {"PYTHONPATH": os.pathsep.join([str(sandbox.site), *sys.path])}
        for line, word in (("show my_c", "my_cube"), ("bench my_b", "my_bumps"), ("hel", "hello")):
            found = ask("bash", f"activations {line}", **path)
            assert f"plain,{word}" in found.stdout.splitlines()
            assert set(found.stderr.split()) <= {"activations.fitting"}
        found = ask("bash", "activations hello --", **path)  # whose options nobody knows without importing it
        assert (found.returncode, found.stderr) == (0, "\n") and not mark.exists()
        sandbox.run("list", "my_cube")
        assert mark.exists()
