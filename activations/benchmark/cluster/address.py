"""Where a cluster is, as it is typed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from activations.benchmark.jobs import available_jobs
from activations.errors import ClusterError

__all__ = ["Cluster", "Place"]

FORMS = "tcp://host:8786, tls://host:8786, file:scheduler.json, local or local:N"
MOST_LOCAL = 1024
LARGEST_FILE = 10_000_000


@dataclass(frozen=True)
class Place:
    """A scheduler's address in parts.

    Attributes:
        scheme: "tcp" or "tls".
        host: a name or a number.
        port: from 1 on.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True)
class Cluster:
    """A cluster of dask.distributed.

    Attributes:
        address: "tcp://host:port", "tls://host:port", "file:scheduler.json", or "local:N" for N processes here, with
            "local" for one per core.
        tls_ca: the file of the authority that signed the scheduler's certificate; without it, and the next two, what
            dask is configured with counts.
        tls_cert: the file of our certificate.
        tls_key: the file of its key.
        timeout: seconds until a scheduler must have answered; None for what dask is configured with.
    """

    address: str
    tls_ca: str | Path | None = None
    tls_cert: str | Path | None = None
    tls_key: str | Path | None = None
    timeout: float | None = None

    @property
    def tls(self) -> dict[str, str]:
        """The files of TLS by the names that dask has for them.

        Raises:
            ClusterError: one of them is missing.
        """
        named = {"tls_ca_file": self.tls_ca, "tls_client_cert": self.tls_cert, "tls_client_key": self.tls_key}
        given = {name: str(path) for name, path in named.items() if path is not None}
        if given and len(given) < len(named):
            raise ClusterError("TLS takes three files: the authority's certificate, our certificate and its key")
        for path in given.values():
            if not Path(path).is_file():
                raise ClusterError(f"{path!r} is no file; TLS needs it to reach {self.address}")
        return given

    @property
    def local(self) -> int | None:
        """How many processes to start here; None if the cluster is elsewhere.

        Raises:
            ClusterError: it is no usable number.
        """
        name, _, number = self.address.partition(":")
        if name != "local":
            return None
        if not number and ":" not in self.address:
            return available_jobs()
        if not re.fullmatch(r"[0-9]{1,9}", number) or not 1 <= int(number) <= MOST_LOCAL:
            raise ClusterError(f"cluster {self.address[:80]!r}: write local:N with N from 1 to {MOST_LOCAL}")
        return int(number)

    def place(self) -> Place:
        """Where its scheduler listens.

        Raises:
            ClusterError: the address, or the file that tells it, can't be read.
        """
        if self.address.startswith("file:"):
            place = _read(_address_in(self.address.removeprefix("file:")))
        else:
            place = _read(self.address)
        if place.scheme == "tcp" and self.tls:
            raise ClusterError(
                f"cluster {place}: certificates are for tls:// addresses; leave them out, or write tls://"
            )
        return place


def _read(text: str) -> Place:
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in ("tcp", "tls") or not host:
        raise ClusterError(f"cluster {text[:80]!r} is no address; write one of {FORMS}")
    if not port:
        raise ClusterError(f"cluster {text[:80]!r} has no port; write it as in {scheme}://{host}:8786")
    return Place(scheme, host, port)


def _address_in(name: str) -> str:
    """The address that a scheduler wrote to a file."""
    path = Path(name)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError
        address = json.loads(path.read_text(encoding="utf-8"))["address"]
    except OSError as error:
        raise ClusterError(
            f"can't read {name!r}: {error.strerror or error}; start a scheduler with --scheduler-file {name}"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ClusterError(f"{name!r} is no file of a scheduler; one writes it with --scheduler-file") from None
    return str(address)
