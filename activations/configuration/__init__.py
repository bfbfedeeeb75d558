"""Configuration files: `activations.toml` of a project and the user's own, with formulas and defaults of flags.

Nothing is imported here: the command line asks `places` at every start, and for the rest only if there is a file.
"""
