"""One network at a time in compiled code: the activation's function is written for it from its declaration."""
