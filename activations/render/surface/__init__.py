"""Pictures and a page of error surfaces, made of `activations.networks.error_surface` alone."""
