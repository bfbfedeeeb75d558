"""One activation at one point: its value and derivatives by several independent means, and the graph behind them."""

from __future__ import annotations

from activations.derivation.bilinear import BilinearGradients, bilinear_gradients
from activations.derivation.derive import Derivation, Derivative, derive
from activations.derivation.estimates import Estimate, Method
from activations.derivation.graph import Graph, GraphNode, Saved, computation_graph, value_graphs
from activations.derivation.sides import Sides

__all__ = [
    "BilinearGradients",
    "Derivation",
    "Derivative",
    "Estimate",
    "Graph",
    "GraphNode",
    "Method",
    "Saved",
    "Sides",
    "bilinear_gradients",
    "computation_graph",
    "derive",
    "value_graphs",
]
