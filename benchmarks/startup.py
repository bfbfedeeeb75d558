"""What installed plugins cost that a command does not use: CPU time with many, over that with none.

    python benchmarks/startup.py [--plugins 500] [--rounds 5]

Each plugin imports torch and declares one activation. The first command loads all of them once; what is measured are
later ones.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys

from activations.testing import PluginSandbox

CODE = """
import torch
from activations import activation, hookimpl

@activation(formula="x*{number}", paper="Nobody 2020")
def line_{number}(x):
    '''A line.'''
    return x * {number}

@hookimpl
def provide_activations():
    return [line_{number}]
"""
COMMANDS = (["--help"], ["list", "--json"], ["list", "tanh"], ["show", "tanh", "--json"])


def main() -> None:
    """Print a table: command, CPU seconds with none and with many, their difference and ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    settings = parser.parse_args()
    print(f"{'command':24} {'none':>7} {settings.plugins:>7} {'more':>7} {'ratio':>6}")
    with PluginSandbox() as sandbox:
        none = {tuple(command): cpu(sandbox, command, settings.rounds) for command in COMMANDS}
        for number in range(settings.plugins):
            sandbox.add(f"many-{number}", code=CODE.format(number=number))
        sandbox.run("list", "tanh")
        for command in COMMANDS:
            before, after = none[tuple(command)], cpu(sandbox, command, settings.rounds)
            print(f"{' '.join(command):24} {before:7.3f} {after:7.3f} {after - before:7.3f} {after / before:6.2f}")


def cpu(sandbox: PluginSandbox, command: list[str], rounds: int) -> float:
    """The least CPU seconds of a command over some rounds."""
    found = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "activations", *command],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(sandbox.site), os.environ.get("PYTHONPATH", "")])},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(found)


if __name__ == "__main__":
    main()
