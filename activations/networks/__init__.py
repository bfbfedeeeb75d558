"""One network, trained and looked into: `activations.fit`, what it gives, and its files."""
