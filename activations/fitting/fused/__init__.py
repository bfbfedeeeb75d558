"""Training one network at a time, all its steps, by code that is compiled on the user's machine."""
