"""Training of one small network at a time by compiled code that stays in the processor's cache."""
