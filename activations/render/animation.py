"""The training of a network as an animation: a GIF, a video, or a page with controls."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.errors import DataError, MissingExtraError
from activations.files import require_free, write_atomically
from activations.fitting.settings import SettingError
from activations.render.animation_page import animation_html
from activations.render.animation_pictures import fixed_colours, pictures
from activations.render.animation_scene import scene_of

if TYPE_CHECKING:
    from activations.networks.fit import Fit
    from activations.render.animation_scene import Scene

__all__ = ["ANIMATIONS", "animation_format", "write_animation"]

FRAME_TIME = 80  # milliseconds
LAST_TIME = 2000  # milliseconds that a GIF stays at its last frame
COLOURS = 64  # of a GIF, beside the fixed ones
MOST_COLOURS = 256
FFMPEG_TIME = 300  # seconds


def write_animation(fit: Fit, path: str | os.PathLike[str], *, overwrite: bool = False, theme: str = "light") -> Path:
    """Write how a fit grew, frame by frame: the curve or map, and the loss with a mark at the frame's step.

    The same fit gives the same bytes as a GIF and as a page.

    Args:
        fit: one that kept frames.
        path: ends in .gif, .mp4 (needs the program ffmpeg) or .html (a page that needs no network).
        overwrite: replace a file that exists.
        theme: "light" or "dark"; a page has both.

    Returns:
        The path as given.

    Raises:
        SettingError: the path ends in something else, or the fit kept no frames.
        DataError: it is of too many inputs or outputs to be drawn.
        MissingExtraError: there is no ffmpeg.
        OutputExistsError: the file exists and may not be overwritten.
        OSError: the file can't be written.
    """
    encode = ANIMATIONS[animation_format(path)]
    require_free(path, overwrite=overwrite)
    return write_atomically(path, encode(scene_of(fit), theme), overwrite=overwrite)


def animation_format(path: str | os.PathLike[str]) -> str:
    """The kind of animation that a path asks for by its end, once it is known that this machine can write it.

    Raises:
        SettingError: it ends in none of those that can be written.
        MissingExtraError: it is a video and there is no ffmpeg.
    """
    ending = Path(path).suffix.lower()
    if ending not in ANIMATIONS:
        named = ending or Path(path).name
        raise SettingError(f"an animation can't be written as {named[:40]!r}; end its name in .gif, .mp4 or .html")
    if ending == ".mp4":
        _ffmpeg()
    return ending


def _gif(scene: Scene, theme: str) -> bytes:
    from PIL import Image

    frames = [Image.fromarray(picture) for picture in pictures(scene, theme)]
    palette = _palette(frames, fixed_colours(scene, theme))
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    content = io.BytesIO()
    times = [FRAME_TIME] * (len(flat) - 1) + [LAST_TIME]
    flat[0].save(content, format="GIF", save_all=True, append_images=flat[1:], duration=times, loop=0, optimize=False)
    return content.getvalue()


def _palette(frames: list[Any], fixed: list[tuple[int, int, int]]) -> Any:
    """The fixed colours, and those that a few of the frames side by side have most."""
    from PIL import Image

    chosen = [frames[i] for i in sorted({0, len(frames) // 4, len(frames) // 2, len(frames) - 1})]
    width, height = chosen[0].size
    strip = Image.new("RGB", (width * len(chosen), height))
    for place, frame in enumerate(chosen):
        strip.paste(frame, (place * width, 0))
    found = strip.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(part for colour in fixed for part in colour), *found][: 3 * MOST_COLOURS])
    return palette


def _video(scene: Scene, theme: str) -> bytes:
    program = _ffmpeg()
    shown = list(pictures(scene, theme))
    height, width = shown[0].shape[:2]
    rate = 1000 / FRAME_TIME
    shown += [shown[-1]] * round(LAST_TIME / FRAME_TIME)
    with tempfile.TemporaryDirectory() as folder:
        # A video is written with its table of contents at the end, so it can't come through a pipe.
        place = Path(folder) / "fit.mp4"
        command = [program, "-hide_banner", "-loglevel", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "rgb24"]
        command += ["-s", f"{width}x{height}", "-r", f"{rate:g}", "-i", "-", "-an"]
        command += ["-pix_fmt", "yuv420p", "-movflags", "+faststart", str(place)]
        _encode(command, shown)
        return place.read_bytes()


def _encode(command: list[str], shown: Iterable[np.ndarray[Any, Any]]) -> None:
    try:
        done = subprocess.run(
            command, input=b"".join(picture.tobytes() for picture in shown), capture_output=True, timeout=FFMPEG_TIME
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingExtraError(f"ffmpeg can't be used: {error}; write a .gif or .html instead") from error
    if done.returncode or not Path(command[-1]).is_file():
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1][:200] if lines else f"it ended with {done.returncode} and said nothing"
        raise DataError(f"ffmpeg could not write the video: {reason}; write a .gif or .html instead")


def _ffmpeg() -> str:
    with contextlib.suppress(OSError):
        found = shutil.which("ffmpeg")
        if found:
            return found
    raise MissingExtraError(
        "a video needs the program ffmpeg, which is not on the PATH; install it, or end the name in .gif or .html"
    )


def _page(scene: Scene, theme: str) -> bytes:
    return animation_html(scene).encode()


ANIMATIONS: dict[str, Callable[[Scene, str], bytes]] = {".gif": _gif, ".mp4": _video, ".html": _page}
