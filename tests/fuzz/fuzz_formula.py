"""Coverage-guided fuzzing of the formula language with atheris; `make fuzz` runs it.

    python tests/fuzz/fuzz_formula.py [CORPUS FOLDER...] [-max_total_time=600 and other options of libFuzzer]

It needs atheris, which is no extra of ours: it has wheels for Linux and some versions of Python only. A text that
breaks a rule of `formula_check` is written to a file `crash-…`; put it into the corpus once the fault is mended.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["activations.expression"]):
    from activations import expression  # noqa: F401
    from activations.expression import derivative, javascript, latex, torch_product  # noqa: F401

import torch

sys.path.insert(0, str(Path(__file__).parent))
from formula_check import WORDS, check_formula, read_text

MOST_BYTES = 400  # the limit of a formula is 1000 characters; far below it everything can be reached
MOST_SECONDS = 5.0  # of the processor, for one text
HANGS = 120  # seconds by the clock, after which a text hangs whatever else the machine does


def fuzz(data: bytes) -> None:
    """One text; whatever leaves here is a fault."""
    began = time.process_time()
    check_formula(read_text(data))
    assert time.process_time() - began < MOST_SECONDS


def main() -> None:
    """Fuzz until the time is over or a fault is found."""
    torch.set_num_threads(1)
    with tempfile.NamedTemporaryFile("w", suffix=".dict") as words:
        words.writelines(f'"{word}"\n' for word in WORDS)
        words.flush()
        defaults = [f"-max_len={MOST_BYTES}", f"-timeout={HANGS}", f"-dict={words.name}"]
        atheris.Setup([sys.argv[0], *defaults, *sys.argv[1:]], fuzz)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
