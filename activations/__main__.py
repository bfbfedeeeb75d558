"""`python -m activations` is the command `activations`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, which is a package of its own in the same distribution."""
    try:
        from activations_cli.main import main as run
    except ModuleNotFoundError as error:
        if error.name not in ("activations_cli", "click"):
            raise
        sys.exit("The command line is not installed: pip install torch-activations")
    run()


if __name__ == "__main__":
    main()
