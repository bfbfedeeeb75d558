"""A throw-away virtual environment that sees this checkout and the packages of the environment the tests run in."""

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = """#!{python}
from activations_cli.main import main
if __name__ == "__main__":
    main()
"""


class Throwaway:
    """A virtual environment into which pip may install whatever a test likes.

    Attributes:
        folder: the environment's.
        home: where its user keeps data, caches and configuration.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "environment"
        self.home = folder / "home"
        self.home.mkdir()
        # Without a pip of its own: the one that the tests run with does, and installs for the python it is run by.
        venv.create(self.folder, symlinks=os.name != "nt")
        packages = sysconfig.get_path("purelib", vars={"base": str(self.folder)})
        theirs = sysconfig.get_path("purelib")
        # What .pth files there add must be added here too, which a plain line would not do.
        lines = [str(ROOT), str(ROOT / "cli"), f"import site; site.addsitedir({theirs!r})"]
        (Path(packages) / "of_the_tests.pth").write_text("\n".join(lines) + "\n")
        self.scripts = Path(sysconfig.get_path("scripts", vars={"base": str(self.folder)}))
        # As pip writes it.
        script = self.scripts / "activations"
        script.write_text(SCRIPT.format(python=self.scripts / "python"))
        script.chmod(0o755)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a shell in which it is activated, with nothing of whoever runs the tests."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACTIVATIONS_", "PYTHON"))}
        return {
            **kept,
            "PATH": os.pathsep.join([str(self.scripts), os.environ.get("PATH", "")]),
            "VIRTUAL_ENV": str(self.folder),
            "HOME": str(self.home),
            **{f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")},
            # Neither downloads: hatchling is here already. (pip reads the first one as the answer to "isolate?".)
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "agg",
        }

    def run(self, *command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command in it; `python` and `activations` are its own."""
        found = next((str(self.scripts / name) for name in command[:1] if (self.scripts / name).exists()), command[0])
        return subprocess.run(
            [found, *command[1:]], capture_output=True, text=True, cwd=folder, env=self.variables, check=False
        )

    def shell(self, line: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a line as a person types it."""
        return subprocess.run(
            line, shell=True, capture_output=True, text=True, cwd=folder, env=self.variables, check=False
        )


def purelib_of_the_tests() -> set[str]:
    """What lies in the environment that the tests run in: it stays as it is."""
    return set(os.listdir(sysconfig.get_path("purelib")))
