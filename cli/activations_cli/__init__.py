"""The command line of torch-activations; click lives here and nowhere else."""
