"""One trained network, and a look at it."""
