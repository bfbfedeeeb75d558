"""The runs of a benchmark on a cluster of dask.distributed, which is imported only when one is used."""

from __future__ import annotations

from activations.benchmark.cluster.address import Cluster
from activations.benchmark.cluster.crew import ClusterCrew

__all__ = ["Cluster", "ClusterCrew"]
