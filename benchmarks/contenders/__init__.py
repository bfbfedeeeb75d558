"""Ways to train many small networks at once, all on the same problem: what `benchmarks/speed.py` measures."""
