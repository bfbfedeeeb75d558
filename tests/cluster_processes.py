"""Schedulers and workers of dask.distributed, each a process of its own on the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["ROOT", "TLS", "Processes"]

ROOT = Path(__file__).parents[1]
TLS = Path(__file__).parent / "tls"
PATIENCE = 120.0  # seconds; a busy machine starts Python slowly
DASK = {
    # A batch that was on its way to a process that died is suspected at once: fewer processes must be killed here.
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "spawn",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
}


class Processes:
    """A scheduler and its workers; a context that ends them.

    Attributes:
        variables: the environment of all its processes.

    Args:
        folder: of their files.
        tls: whether they talk TLS, with the certificates of `TLS`.
        paths: further folders of modules that workers find.
        variables: further variables of the workers.
    """

    def __init__(
        self, folder: Path, *, tls: bool = False, paths: Sequence[Path] = (), variables: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self._tls = tls
        path = os.pathsep.join(map(str, [*paths, *filter(None, sys.path)]))
        self.variables = {**os.environ, **DASK, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **(variables or {})}
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Processes:
        protocol = "tls" if self._tls else "tcp"
        words = ["--host", "127.0.0.1", "--port", "0", "--protocol", protocol, "--no-dashboard", "--no-show"]
        self.scheduler = self._start("scheduler", *words)
        end = time.monotonic() + PATIENCE
        while not self.file.exists():
            assert self.scheduler.poll() is None, self.told()
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.05)
        return self

    def __exit__(self, *error: object) -> None:
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGINT if process is self.scheduler else signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def address(self) -> str:
        """As `--cluster` takes it."""
        return f"file:{self.file}"

    @property
    def scheduler_address(self) -> str:
        """As the scheduler wrote it."""
        return str(json.loads(self.file.read_text())["address"])

    def add_worker(self, *words: str) -> None:
        """Start a worker of one thread, with a nanny that starts it anew if it dies."""
        self._start("worker", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *words)

    def told(self) -> str:
        """What they all printed."""
        return "\n".join(file.read_text() for file in sorted(self.folder.glob("*.log")))

    def _start(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self.file), *words]
        if self._tls:
            command += ["--tls-ca-file", str(TLS / "ours.pem")]
            command += ["--tls-cert", str(TLS / "ours.pem"), "--tls-key", str(TLS / "ours-key.pem")]
        with (self.folder / f"{len(self._running)}-{kind}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, env=self.variables
            )
        self._running.append(process)
        return process
