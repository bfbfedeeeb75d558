"""The fused kernel: each network is trained in a core's cache by C++ that is made from the activation's declaration."""
