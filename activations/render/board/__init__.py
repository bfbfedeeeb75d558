"""Logs for TensorBoard of rankings and fits, made of results alone. Needs the extra `tensorboard`."""
