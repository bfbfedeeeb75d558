"""Activations as ONNX models, checked against torch before they are written. Needs the extra `onnx`."""

from activations.onnx.extra import has_onnx, require_onnx
from activations.onnx.model import OPSET, OPSETS, OnnxModel, onnx_model

__all__ = ["OPSET", "OPSETS", "OnnxModel", "has_onnx", "onnx_model", "require_onnx"]
