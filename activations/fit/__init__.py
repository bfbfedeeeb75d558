"""Targets to fit, their samples, small networks, and the engine that trains many of them at once."""
