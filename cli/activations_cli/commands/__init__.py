"""One file per command; each holds one click command called `command`."""
