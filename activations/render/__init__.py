"""Pictures: matplotlib draws what `activations.shape` and the benchmark measured."""
