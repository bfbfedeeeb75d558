"""The options that name a cluster, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from activations.benchmark.cluster import Cluster
    from activations.benchmark.protocol import Progress

__all__ = ["cluster_options", "cluster_progress", "read_cluster", "refuse_cluster_contradictions"]

Command = TypeVar("Command", bound=Callable[..., Any])
Files = tuple[Path | None, Path | None, Path | None]

TLS = (
    ("ca", "For tls://: the certificate of the authority.  [default: dask's configuration]"),
    ("cert", "For tls://: our certificate."),
    ("key", "For tls://: the key of our certificate."),
)


def cluster_options(command: Command) -> Command:
    """Add --cluster, and the files of its TLS."""
    for name, text in reversed(TLS):
        kind = click.Path(path_type=Path)
        command = click.option(f"--cluster-tls-{name}", type=kind, metavar="FILE", help=text)(command)
    return click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Train on a Dask cluster: tcp://host:8786, tls://…, file:scheduler.json, or local:N processes here.",
    )(command)


def refuse_cluster_contradictions(cluster: str | None, tls: Files, device: str, jobs: int | None) -> None:
    """Refuse options that make no sense together.

    Raises:
        click.UsageError: they make none.
    """
    if cluster is None:
        if any(tls):
            raise click.UsageError(
                "--cluster-tls-ca, -cert and -key are for a cluster; name it with --cluster tls://…."
            )
        return
    if jobs is not None:
        message = "-j is for processes here, and a cluster has its own; leave it out, or write --cluster local:N."
        raise click.UsageError(message)
    if device not in ("auto", "cpu", "cuda"):
        raise click.UsageError(
            f"--device {device} is of this machine; with --cluster write cpu, cuda (each worker's own) or auto."
        )
    if any(tls) and not all(tls):
        raise click.UsageError("TLS takes three files: --cluster-tls-ca, --cluster-tls-cert and --cluster-tls-key.")


def read_cluster(cluster: str | None, tls: Files) -> Cluster | None:
    """The cluster of the options; None without one."""
    if cluster is None:
        return None
    from activations.benchmark.cluster import Cluster

    return Cluster(cluster, *tls)


def cluster_progress(seen: Progress) -> str:
    """Workers and throughput in a few words, before what else is told; empty without a cluster."""
    if seen.workers is None:
        return ""
    rate = f", {seen.rate:.3g} runs/s" if seen.rate is not None else ""
    return f"{seen.workers} worker{'s' * (seen.workers != 1)}{rate}: "
