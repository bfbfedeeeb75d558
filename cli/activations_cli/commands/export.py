"""`activations export`: an activation as an ONNX file, for programs without torch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from activations_cli.loading import open_registry
from activations_cli.options import complete_all, force_option, json_option, pass_output, terminal_options
from activations_cli.output import Output, significant

if TYPE_CHECKING:
    from activations.onnx import OnnxModel

__all__ = ["command"]


@click.command("export")
@click.argument("name", metavar="NAME", shell_complete=complete_all)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE.onnx",
    help="Write the model there.  [default: only tell how it would be written]",
)
@click.option(
    "--opset",
    type=int,
    default=20,
    show_default=True,
    help="The version of the ONNX standard, 18 to 24; silu is a single operator from 24 on.",
)
@click.option(
    "--rank",
    type=int,
    help="How many dimensions the tensors have, 1 to 8; their sizes stay open.  [default: 2]",
)
@force_option
@json_option
@terminal_options
@pass_output
def command(
    output: Output, name: str, path: Path | None, opset: int, rank: int | None, force: bool, as_json: bool
) -> None:
    """Write an activation as ONNX, checked against torch on a grid and at special values.

    \b
      activations export gelu -o gelu.onnx
      activations export "sigmoid:beta=2" -o gate.onnx --rank 4
      activations export "x*sigmoid(1.702*x)" -o mine.onnx

    NAME may have settings or be a formula. It becomes the one operator that the standard has for it, if that gives
    torch's values, else a graph of elementary operators. A parameter that is learnable is a tensor of its name.
    Numbers have 32 bits. 'activations fit --onnx' writes whole networks.
    """
    if force and path is None:
        raise click.UsageError("--force is for a file that is written; name it with -o FILE.onnx.")
    from activations.files import require_free
    from activations.onnx import onnx_model, require_onnx

    require_onnx()
    if path is not None:
        require_free(path, overwrite=force)
    model = onnx_model(open_registry(output).any_variant(name), opset=opset, rank=rank)
    if path is not None:
        output.note(f"Wrote {model.write(path, overwrite=force)}")
    if as_json:
        output.json(described(model))
        return
    kind = "a single operator of the standard" if model.native else f"a graph of {len(model.operators)} operators"
    facts = [("activation", model.label), ("written as", kind), ("operators", operators_text(model))]
    if model.reason:
        facts.append(("because", model.reason))
    facts += [
        ("opset", f"{model.opset}, for tensors of {model.rank} dimensions"),
        ("compared", f"{model.points} points, largest difference {significant(model.difference, 2)}"),
        ("size", f"{len(model.data)} bytes"),
    ]
    output.facts(facts)


def described(model: OnnxModel) -> dict[str, object]:
    """What is told, for JSON."""
    return {
        "activation": model.label,
        "native": model.native,
        "operators": list(model.operators),
        "reason": model.reason or None,
        "opset": model.opset,
        "rank": model.rank,
        "points": model.points,
        "difference": model.difference,
        "bytes": len(model.data),
    }


def operators_text(model: OnnxModel) -> str:
    """The operators with how often each is used."""
    return ", ".join(f"{name} × {count}" if count > 1 else name for name, count in Counter(model.operators).items())
