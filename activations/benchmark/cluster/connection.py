"""The connection to a scheduler: made within a time limit, or refused in one line."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from activations.benchmark.cluster.address import Cluster, Place
from activations.errors import ClusterError, MissingExtraError

if TYPE_CHECKING:
    from distributed import Client, Security

__all__ = ["connected"]

ALLOWED_FAILURES = 1  # of processes that we start ourselves: a batch that kills two of them is suspected
CLOSING = 5.0  # seconds to say goodbye


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[Client]:
    """A client of a cluster that has at least one worker.

    Raises:
        MissingExtraError: dask.distributed is not installed.
        ClusterError: there is no scheduler, or no worker joins it.
    """
    _require_distributed()
    with _quiet(), contextlib.ExitStack() as stack:
        timeout = cluster.timeout if cluster.timeout is not None else _configured_timeout()
        count = cluster.local
        if count is None:
            client = stack.enter_context(_client(cluster, cluster.place(), timeout))
        else:
            client = stack.enter_context(_local_client(count))
        _wait_for_worker(client, cluster, timeout)
        yield client


def _require_distributed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"a cluster needs dask.distributed ({error}); run: pip install 'torch-activations[cluster]'"
        ) from error


def _configured_timeout() -> float:
    import dask.config
    import dask.utils

    return float(dask.utils.parse_timedelta(dask.config.get("distributed.comm.timeouts.connect", "30s")))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask's own log lines to itself: what matters of them is told by our errors."""
    logger = logging.getLogger("distributed")
    before = logger.level, {name: logging.getLogger(name).level for name in _loggers()}
    for name in ["distributed", *before[1]]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before[0])
        for name, level in before[1].items():
            logging.getLogger(name).setLevel(level)


def _loggers() -> list[str]:
    return [name for name in logging.root.manager.loggerDict if name.startswith(("distributed.", "tornado"))]


@contextlib.contextmanager
def _client(cluster: Cluster, place: Place, timeout: float) -> Iterator[Client]:
    from distributed import Client, Security

    tls = cluster.tls
    security = Security(require_encryption=True, **tls) if tls else Security()
    if place.scheme == "tls" and not (tls or security.tls_ca_file):
        raise ClusterError(
            f"cluster {place}: TLS needs certificates; give the authority's, ours and its key (--cluster-tls-ca, "
            "--cluster-tls-cert, --cluster-tls-key), or configure dask with them"
        )
    _require_listener(place, timeout)
    try:
        # A client that meets something else than a scheduler may wait for ever; this does not.
        asyncio.run(asyncio.wait_for(_greet(str(place), security, timeout), timeout))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other versions, which are compared with a remedy below
            client = Client(str(place), security=security, timeout=timeout, set_as_default=False, name="activations")
    except Exception as error:  # whatever answers there may do anything
        raise ClusterError(
            f"cluster {place}: something listens there, but no scheduler answered within {timeout:g} s "
            f"({_reason(error)}); compare the address with what the scheduler printed, tcp:// or tls:// included, and "
            "its certificates with ours"
        ) from None
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # a lost scheduler is not there to part from
            client.close(timeout=CLOSING)


@contextlib.contextmanager
def _local_client(count: int) -> Iterator[Client]:
    """A client of processes that are started here, of one thread each."""
    import dask.config
    from distributed import Client, LocalCluster

    with dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_FAILURES}):
        try:
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                preload=["activations.benchmark.cluster.unbothered"],
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        except Exception as error:
            raise ClusterError(f"can't start {count} worker processes here: {_reason(error)}") from None
    with cluster:
        client = Client(cluster, set_as_default=False, name="activations")
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):
                client.close(timeout=CLOSING)


async def _greet(address: str, security: Security, timeout: float) -> None:
    """Ask what listens there whether it is a scheduler."""
    from distributed.core import connect

    comm = await connect(address, timeout=timeout, **security.get_connection_args("client"))
    try:
        await comm.write({"op": "identity", "reply": True})
        answer = await comm.read()
    finally:
        comm.abort()
    if not isinstance(answer, dict) or answer.get("type") != "Scheduler":
        raise ClusterError("it is no scheduler")


def _require_listener(place: Place, timeout: float) -> None:
    """Tell what is wrong with an address at once, and more clearly than a client that goes on trying.

    Raises:
        ClusterError: nobody listens there.
    """
    found: list[OSError | None] = []

    def knock() -> None:
        try:
            socket.create_connection((place.host, place.port), timeout).close()
            found.append(None)
        except OSError as error:
            found.append(error)
        except UnicodeError:  # of a name that is no host's
            found.append(socket.gaierror(0, "no host has such a name"))

    # Looking up a name knows no time limit, so another thread does it.
    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(timeout)
    error = found[0] if found else TimeoutError()
    if error is None:
        return
    if isinstance(error, socket.gaierror):
        reason = f"the host's name can't be resolved ({error.strerror}); compare it with what the scheduler printed"
    elif isinstance(error, TimeoutError):
        reason = f"no answer within {timeout:g} s; compare the address, and ask for the port in firewalls between"
    elif isinstance(error, ConnectionRefusedError):
        reason = "nothing listens on that port; start 'dask scheduler' there, or compare the port with what it printed"
    else:
        reason = error.strerror or str(error)
    raise ClusterError(f"cluster {place}: {reason}")


def _wait_for_worker(client: Client, cluster: Cluster, timeout: float) -> None:
    try:
        client.wait_for_workers(1, timeout=timeout)
    except TimeoutError:
        raise ClusterError(
            f"cluster {cluster.address}: no worker joined within {timeout:g} s; start one with 'dask worker ADDRESS'"
        ) from None
    except Exception as error:
        raise ClusterError(f"cluster {cluster.address}: the scheduler went away ({_reason(error)})") from None


def _reason(error: Any) -> str:
    """The first line of the innermost reason."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{f': {text[:160]}' if text else ''}"
