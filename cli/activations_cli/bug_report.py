"""What a bug report needs to tell: versions, torch's build, devices, compiler, folders, plugins, extras."""

from __future__ import annotations

import os
import platform
import re
import struct
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from activations_cli.output import Output, counted
from activations_cli.terminal import clean, printable

__all__ = ["show_surroundings"]

DISTRIBUTION = "torch-activations"
PACKAGES = ("torch", "numpy", "matplotlib", "plotly", "sympy", "mpmath", "click", "rich", "pluggy")
OWN_EXTRAS = ("dev", "docs")  # what only this project itself needs
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+).*;.*\bextra\s*==\s*[\"'](?P<extra>[A-Za-z0-9._-]+)[\"']")
WIDTH = 13  # of a label
LONGEST = 300  # characters of one fact

Rows = list[tuple[str, str]]


def show_surroundings(output: Output) -> None:
    """Print what there is, one fact a line, safe to paste anywhere.

    What can't be told says why, and keeps nothing else from being told. The home folder is written as ~, and nothing
    of the environment is shown.
    """
    with output.apart():  # whatever torch prints while it is imported
        for facts in PARTS:
            for label, text in told(facts):
                line = " ".join(clean(tidy(text)).split())
                line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
                output.stdout.write(printable(f"{clean(label):<{WIDTH}}  {line}", output.stdout).rstrip() + "\n")
            output.stdout.flush()  # a library that ends the process takes nothing of it away


def told(facts: Callable[[], Rows]) -> Rows:
    """Some facts, or why there are none."""
    try:
        return facts()
    except (Exception, SystemExit) as error:  # what is broken is what a report is about
        return [(facts.__name__, f"can't be told: {type(error).__name__}: {error}")]


def tidy(text: str) -> str:
    """The text without the name of the home folder."""
    for home in homes():
        text = re.sub(rf"(?<![\w.-]){re.escape(home)}(?=$|[^\w.-])", "~", text)
    return text


def homes() -> Iterator[str]:
    """The home folder, as it is called and where its links lead, the longer name first; none for a root."""
    found = set()
    for home in (os.path.expanduser("~"), os.environ.get("HOME", "")):
        if os.path.isabs(home):
            found |= {home.rstrip(os.sep), os.path.realpath(home)}
    yield from sorted((home for home in found if len(Path(home).parts) > 1), key=len, reverse=True)


def python() -> Rows:
    """The interpreter."""
    build = f"{platform.python_implementation()}, {8 * struct.calcsize('P')} bits"
    place = f", in a virtual environment at {sys.prefix}" if sys.prefix != sys.base_prefix else f", at {sys.prefix}"
    return [("python", f"{platform.python_version()} ({build}){place}")]


def system() -> Rows:
    """The platform and its processor."""
    from activations.fitting.fused.compiler import cores

    return [("platform", f"{platform.platform()}, {counted(cores(), 'core')} for this process")]


def packages() -> Rows:
    """The versions of what this tool is made with; none is imported."""
    return [(name, version(name)) for name in PACKAGES]


def version(name: str) -> str:
    """The version of a distribution as its metadata tell it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def torch() -> Rows:
    """What torch was built for, and what it finds here."""
    import torch

    cuda, hip = torch.version.cuda, getattr(torch.version, "hip", None)
    builds = [f"CUDA {cuda}" if cuda else "", f"ROCm {hip}" if hip else ""]
    mps = "built" if torch.backends.mps.is_built() else "not built"
    build = f"{' and '.join(filter(None, builds)) or 'CPU alone'}; MPS {mps}"
    threads = f"{torch.get_num_threads()} within an operation, {torch.get_num_interop_threads()} between them"
    return [
        ("torch build", build),
        ("torch threads", threads),
        ("torch vectors", torch.backends.cpu.get_cpu_capability()),
    ]


def devices() -> Rows:
    """The devices that can train, with the names of the graphics cards."""
    import torch

    from activations.fitting.devices import available_devices

    names = []
    for name in available_devices():
        if name.startswith("cuda:"):
            card = torch.cuda.get_device_properties(name)
            names.append(f"{name} ({card.name}, {card.total_memory / 2**30:.0f} GiB)")
        else:
            names.append(name)
    return [("devices", ", ".join(names))]


def compiler() -> Rows:
    """What compiles the native engine, and for which width of vectors."""
    from activations_cli.caches import find_compiler

    found, missing = find_compiler(None)
    if found is None:
        return [("compiler", f"none: {missing}")]
    width = found.vector_bytes()
    vectors = f"vectors of {8 * width} bits" if width else "which does not tell how wide its vectors are"
    return [("compiler", f"{' '.join(found.command)}: {found.version}, {vectors}")]


def folders() -> Rows:
    """Where files are kept and read."""
    from activations.configuration.places import find_files
    from activations.user_folders import cache_folder, config_folder, data_folder

    places = (("cache", cache_folder()), ("settings", config_folder()), ("data", data_folder()))
    rows = [(label, str(place) if place else "none: there is no home folder") for label, place in places]
    files = ", ".join(f"{path} ({role})" for role, path in find_files())
    return [*rows, ("configured", files or "by no file")]


def plugins() -> Rows:
    """Each plugin with its version and state, and what is wrong with it; none is imported for it."""
    from activations_cli.commands.plugins.list import describe_plugins

    rows = []
    for plugin in describe_plugins():
        wrong = "; ".join(problem["reason"] for problem in plugin["problems"])
        rows.append(("plugin", f"{plugin['name']} {plugin['version']}: {plugin['status']}{wrong and f': {wrong}'}"))
    return rows or [("plugins", "none")]


def extras() -> Rows:
    """What of each extra is installed."""
    found: dict[str, list[str]] = {}
    for text in metadata.requires(DISTRIBUTION) or ():
        match = REQUIREMENT.fullmatch(text.strip())
        if match and match["extra"] not in OWN_EXTRAS:
            found.setdefault(match["extra"], []).append(f"{match['name']} {version(match['name'])}")
    return [("extra", f"{extra}: {', '.join(parts)}") for extra, parts in sorted(found.items())]


PARTS: tuple[Callable[[], Rows], ...] = (
    python,
    system,
    packages,
    extras,
    folders,
    plugins,
    torch,
    devices,
    compiler,
)
