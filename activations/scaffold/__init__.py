"""New plugins: a complete distribution with a working example, written from the templates beside this file."""

from activations.scaffold.plugin import KINDS, Kind, new_plugin

__all__ = ["KINDS", "Kind", "new_plugin"]
