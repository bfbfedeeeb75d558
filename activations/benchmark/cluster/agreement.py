"""Whether the workers of a cluster compute what this process would: compared before anything is trained there."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

from activations import __version__
from activations.benchmark.cluster.probe import Facts, Sent, examine
from activations.benchmark.plan import Run
from activations.benchmark.store.environment import Environment, this_environment
from activations.errors import ClusterError
from activations.plugins import files

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["differences", "require_agreement", "sent_of", "versions_of"]

MOST_TOLD = 3  # workers, of those with the same trouble
PACKAGES = {"torch-activations": "activations", "torch": "torch"}


def sent_of(runs: Iterable[Run]) -> tuple[Sent, ...]:
    """What the workers must have for such runs: their activations, and the targets that are Python functions."""
    found: dict[str, Any] = {}
    for run in runs:
        found.update((variant.label, variant) for variant in (run.variant, *run.own) if variant is not None)
        if run.target.function is not None:
            found[run.target.name] = run.target
    return tuple(Sent(label, item.digest, pickle.dumps(item)) for label, item in found.items())


def require_agreement(client: Client, runs: Sequence[Run], device: str, workers: Sequence[str]) -> tuple[Facts, ...]:
    """Compare versions of Python, activations, torch and plugins.

    Args:
        client: of the cluster.
        runs: one of each kind that will be trained.
        device: where a worker is to train.
        workers: the addresses of those that will.

    Returns:
        What each of the workers has.

    Raises:
        ClusterError: they differ from this process, or from each other; the message says how to mend it.
    """
    versions = client.get_versions(check=False, packages=list(PACKAGES))["workers"]
    _refuse(differences({worker: versions_of(versions.get(worker)) for worker in workers}))
    found = client.run(examine, files.paths(), sent_of(runs), device, workers=list(workers), on_error="return")
    facts: dict[str, Facts] = {}
    troubles: dict[str, list[str]] = {}
    for worker in workers:
        seen = found.get(worker)
        if isinstance(seen, Facts):
            facts[worker] = seen
            for trouble in _troubles(seen, device):
                troubles.setdefault(trouble, []).append(worker)
        else:
            trouble = (
                f"it can't load activations {__version__} ({type(seen).__name__}: {str(seen)[:160]}); install it there"
            )
            troubles.setdefault(trouble, []).append(worker)
    _refuse(troubles)
    devices = {seen.environment.device for seen in facts.values() if seen.environment is not None}
    if len(devices) > 1:
        raise ClusterError(
            f"the workers have different devices ({', '.join(sorted(devices))}), which compute different digits; give "
            "the resource GPU to those of one kind alone"
        )
    return tuple(facts.values())


def versions_of(told: Mapping[str, Any] | None) -> dict[str, str]:
    """The versions that dask tells of a worker."""
    if not told:
        return {}
    python = ".".join(str(told.get("host", {}).get("python", "")).split(".")[:2])
    packages = told.get("packages", {})
    return {"Python": python, **{name: packages.get(package) or "" for package, name in PACKAGES.items()}}


def differences(workers: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Which workers have other versions than this process, by what is wrong there and how to mend it."""
    here = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for package, name in PACKAGES.items():
        try:
            here[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue  # run from its sources: compared when it is loaded there
    found: dict[str, list[str]] = {}
    for worker, versions in workers.items():
        for name, wanted in here.items():
            seen = versions.get(name, "")
            if seen == wanted:
                continue
            what = f"{name} {seen} and not {wanted}" if seen else f"no {name}"
            remedy = (
                f"start its workers with Python {wanted}"
                if name == "Python"
                else f"run there: {_install(name, wanted)}"
            )
            found.setdefault(f"it has {what}; {remedy}", []).append(worker)
    return found


def _install(name: str, version: str) -> str:
    package = {known: package for package, known in PACKAGES.items()}[name]
    return f"pip install {package}=={version}"


def _troubles(facts: Facts, device: str) -> Iterable[str]:
    here = this_environment("cpu")
    for name, reason in facts.problems:
        yield (
            f"it can't use {name} as it is here ({reason[:200]}); install the same release of its plugin there, or lay "
            "a file of --plugin under the same path, and start the workers anew"
        )
    if facts.environment is None:
        remedy = "start workers that have a GPU as 'dask worker … --resources GPU=1', or write --device cpu"
        yield f"{facts.device_problem}; {remedy}"
        return
    for attribute, name in (("version", "activations"), ("torch", "torch"), ("engine", "the engine of activations")):
        seen, wanted = getattr(facts.environment, attribute), getattr(here, attribute)
        if seen != wanted:
            yield f"it has {name} {seen} and not {wanted}; install the same one there and start the workers anew"


def _refuse(troubles: Mapping[str, Sequence[str]]) -> None:
    for trouble, workers in troubles.items():
        more = f" and {len(workers) - MOST_TOLD} more" if len(workers) > MOST_TOLD else ""
        raise ClusterError(f"worker {', '.join(workers[:MOST_TOLD])}{more}: {trouble}")


def machines(facts: Iterable[Facts]) -> set[tuple[str, str]]:
    """The kinds of processors and libraries that last digits depend on."""
    found: list[tuple[Environment, str]] = [(one.environment, one.blas) for one in facts if one.environment]
    return {(environment.machine, blas) for environment, blas in found}
