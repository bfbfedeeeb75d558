"""Plugins for a test: distributions in a folder of their own, found as installed ones are."""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from activations.errors import PluginError
from activations.plugins import forget

__all__ = ["PluginSandbox"]

FOLDERS = {"XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data"}
GROUP = "activations"
OURS = "ACTIVATIONS_"


class PluginSandbox:
    """A place on `sys.path` for plugins that are there as long as a test runs.

    They are files as pip leaves them, so that the real discovery finds them, in this process and in others:

        with PluginSandbox() as sandbox:
            sandbox.add("my-plugin", code=CODE)
            assert "my_wave" in activations.default_registry()
            assert sandbox.run("list", "my_wave").returncode == 0

    In pytest, the fixture `plugin_sandbox` gives one; see `activations.testing.pytest_plugin`. Meanwhile the user's
    configuration, caches and data and the environment variables ACTIVATIONS_… are out of sight. When it is left,
    `sys.path`, `sys.modules` and the environment are as before, and what was found is forgotten.

    Attributes:
        site: the folder on `sys.path`.
        home: the folder of the user's configuration, caches and data ("config", "cache" and "data").
        work: an empty folder, in which commands are run.

    Args:
        folder: where to make these three; a temporary folder, removed in the end, if None.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._temporary = None if folder is not None else tempfile.TemporaryDirectory(prefix="plugins-")
        place = Path(os.path.realpath(self._temporary.name if self._temporary else str(folder)))
        self.site, self.home, self.work = (place / name for name in ("site", "home", "work"))
        self._modules: set[str] = set()
        self._environment: dict[str, str | None] = {}

    def __enter__(self) -> PluginSandbox:
        for path in (self.site, self.home, self.work):
            path.mkdir(parents=True, exist_ok=True)
        self._modules = set(sys.modules)
        for name, value in self._variables().items():
            self._environment[name] = os.environ.get(name)
            _set(name, value)
        sys.path.insert(0, str(self.site))
        self._changed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while str(self.site) in sys.path:
            sys.path.remove(str(self.site))
        sys.path_importer_cache.pop(str(self.site), None)
        for name, value in self._environment.items():
            _set(name, value)
        self._environment = {}
        self._unload()
        self._changed()
        if self._temporary is not None:
            self._temporary.cleanup()

    def add(
        self,
        name: str = "",
        *,
        code: str | None = None,
        folder_or_file: str | os.PathLike[str] | None = None,
        version: str = "1.0",
        entry_point: str | Mapping[str, str] = "",
        metadata: Mapping[str, str] | None = None,
    ) -> Path:
        """Install a distribution; one of the same name is replaced.

        Args:
            name: of the distribution; that of the file or folder if empty.
            code: what its module holds, indented as a whole or not.
            folder_or_file: in place of code: a file FILE.py, a package, or a folder with modules, to be copied.
            version: of the distribution.
            entry_point: what stands behind the `=` of the entry point, as it is, or all entry points by name; if
                empty the module of the distribution's name, with _ in place of -.
            metadata: further fields such as {"Summary": "…"}, or others in place of Name and Version.

        Returns:
            The folder of its metadata.

        Raises:
            PluginError: there is neither code nor a file, or both, or code without a name.
        """
        if (code is None) == (folder_or_file is None):
            raise PluginError("a plugin is made of code, or of a file or folder; give one of them")
        source = Path(folder_or_file or "")
        name = name or (source.stem if source.is_file() else source.name)
        if not name:
            raise PluginError("a plugin made of code needs a name; write add(name, code=…)")
        module = name.replace("-", "_").replace(".", "_")
        self.remove(name)
        written = _copied(source, self.site) if code is None else _write_code(self.site / f"{module}.py", code)
        entry_points = entry_point if isinstance(entry_point, Mapping) else {module: entry_point or module}
        info = self._write_metadata(name, version, entry_points, metadata or {}, written)
        self._changed()
        return info

    def remove(self, name: str) -> None:
        """Uninstall the distribution of that name, if there is one."""
        for info in self.site.glob(f"{_normal(name)}-*.dist-info"):
            for line in (info / "RECORD").read_text(encoding="utf-8").splitlines():
                (self.site / line.rsplit(",", 2)[0]).unlink(missing_ok=True)
            shutil.rmtree(info)
        # The bytecode of a file that is replaced within a second could pass for that of its successor.
        for cache in self.site.rglob("__pycache__"):
            shutil.rmtree(cache)
        self._unload()
        self._changed()

    def run(
        self, *arguments: str, timeout: float | None = 300.0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `activations ARGUMENTS` in a process that sees the plugins.

        Args:
            arguments: of the command line.
            timeout: seconds until it is killed.
            environment: variables to add, in capital letters as they are.

        Raises:
            subprocess.TimeoutExpired: it took longer.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        path = [str(self.site), *filter(None, [os.environ.get("PYTHONPATH")])]
        ours = {name: value for name, value in self._variables().items() if value is not None}
        return subprocess.run(
            [sys.executable, "-m", "activations", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=self.work,
            env={**inherited, **ours, "PYTHONPATH": os.pathsep.join(path), **environment},
            timeout=timeout,
            check=False,
        )

    def _variables(self) -> dict[str, str | None]:
        hidden = dict.fromkeys(name for name in os.environ if name.startswith(OURS))
        return {**hidden, **{name: str(self.home / folder) for name, folder in FOLDERS.items()}}

    def _write_metadata(
        self,
        name: str,
        version: str,
        entry_points: Mapping[str, str],
        metadata: Mapping[str, str],
        written: list[Path],
    ) -> Path:
        info = self.site / f"{_normal(name)}-{version}.dist-info"
        info.mkdir()
        fields = {"Metadata-Version": "2.1", "Name": name, "Version": version, **metadata}
        lines = [f"[{GROUP}]", *(f"{key} = {value}" for key, value in entry_points.items())]
        for file, text in {
            "METADATA": "".join(f"{key}: {value}\n" for key, value in fields.items()),
            "entry_points.txt": "".join(f"{line}\n" for line in lines),
            "INSTALLER": "activations.testing\n",
        }.items():
            (info / file).write_text(text, encoding="utf-8")
            written.append(info / file)
        record = "".join(f"{_record(path, self.site)}\n" for path in written)
        (info / "RECORD").write_text(f"{record}{info.name}/RECORD,,\n", encoding="utf-8")
        return info

    def _unload(self) -> None:
        """Forget the modules that were imported from here."""
        for name, module in list(sys.modules.items()):
            if name not in self._modules and str(self.site) in _places(module):
                del sys.modules[name]

    def _changed(self) -> None:
        importlib.invalidate_caches()
        forget()


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _write_code(path: Path, code: str) -> list[Path]:
    path.write_text(textwrap.dedent(code), encoding="utf-8")
    return [path]


def _copied(source: Path, site: Path) -> list[Path]:
    """Copy a module, a package, or what a folder holds, and give the files."""
    if source.is_file():
        return [Path(shutil.copy(source, site))]
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    if (source / "__init__.py").exists():
        top = [Path(shutil.copytree(source, site / source.name, ignore=ignored, dirs_exist_ok=True))]
    else:
        top = [Path(shutil.copy(path, site)) for path in sorted(source.glob("*.py"))]
        for package in sorted(path.parent for path in source.glob("*/__init__.py")):
            top.append(Path(shutil.copytree(package, site / package.name, ignore=ignored, dirs_exist_ok=True)))
    return [file for path in top for file in ([path] if path.is_file() else sorted(path.rglob("*"))) if file.is_file()]


def _record(path: Path, site: Path) -> str:
    data = path.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"{path.relative_to(site).as_posix()},sha256={digest},{len(data)}"


def _normal(name: str) -> str:
    return name.replace("-", "_").replace(".", "_")


def _places(module: object) -> set[str]:
    """The folders that a module may have come from, with those above them."""
    file = getattr(module, "__file__", None)
    found = [str(file)] if isinstance(file, str) else [str(path) for path in getattr(module, "__path__", ())]
    return {str(parent) for path in found for parent in Path(os.path.realpath(path)).parents}
