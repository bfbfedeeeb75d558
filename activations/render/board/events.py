"""The content of one event file: numbers, texts, pictures and hyperparameters of one run.

They are written with tensorboard's own messages and records, without a writer's thread, clock and host name: equal
events have equal times. Time is counted from the start of the training.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

__all__ = ["Events", "Value"]

VERSION = "brain.Event:2"
Value = float | int | str | bool


class Events:
    """What one event file holds, in the order in which it was added."""

    def __init__(self) -> None:
        self._events: list[Any] = [Event(wall_time=0.0, file_version=VERSION)]

    def add_number(self, tag: str, value: float, step: int = 0, seconds: float = 0.0) -> None:
        """A number of a chart; one that is not finite is left out, for charts can't show it.

        Args:
            tag: the chart's name; what stands before a slash groups charts.
            value: the number.
            step: where on the horizontal axis.
            seconds: since the training began.
        """
        if math.isfinite(value):
            self._add(Summary(value=[Summary.Value(tag=tag, simple_value=value)]), step, seconds)

    def add_curve(self, tag: str, points: Iterable[tuple[int, float]], seconds_per_step: float = 0.0) -> None:
        """Numbers by step."""
        for step, value in points:
            self.add_number(tag, value, int(step), step * seconds_per_step)

    def add_text(self, tag: str, markdown: str) -> None:
        """Markdown, in which foreign text is escaped."""
        self._add(text_pb(tag, markdown))

    def add_picture(self, tag: str, png: bytes, width: int, height: int) -> None:
        """A PNG."""
        image = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=png)
        self._add(Summary(value=[Summary.Value(tag=tag, image=image)]))

    def add_experiment(self, names: Mapping[str, Value], metrics: Sequence[tuple[str, str]]) -> None:
        """Declare the columns of the table of hyperparameters, once for all runs.

        Args:
            names: the hyperparameters, each with a value of its kind.
            metrics: tags of numbers, each with the words that stand above its column.
        """
        columns = [api_pb2.HParamInfo(name=name, type=_kind(value)) for name, value in names.items()]
        results = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=words) for tag, words in metrics]
        experiment = api_pb2.Experiment(hparam_infos=columns, metric_infos=results)
        self._add_hparams(metadata.EXPERIMENT_TAG, experiment=experiment)

    def add_hyperparameters(self, values: Mapping[str, Value], *, failed: bool, seconds: float) -> None:
        """Make this run a row of that table."""
        began = plugin_data_pb2.SessionStartInfo(start_time_secs=0.0)
        for name, value in values.items():
            setattr(began.hparams[name], _field(value), value)
        state = api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS
        ended = plugin_data_pb2.SessionEndInfo(status=state, end_time_secs=seconds)
        self._add_hparams(metadata.SESSION_START_INFO_TAG, session_start_info=began)
        self._add_hparams(metadata.SESSION_END_INFO_TAG, session_end_info=ended)

    def to_bytes(self) -> bytes:
        """The file."""
        content = io.BytesIO()
        writer = RecordWriter(content)
        for event in self._events:
            writer.write(event.SerializeToString(deterministic=True))
        return content.getvalue()

    def _add_hparams(self, tag: str, **parts: Any) -> None:
        about = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**parts))
        self._add(Summary(value=[Summary.Value(tag=tag, metadata=about, tensor=metadata.NULL_TENSOR)]))

    def _add(self, summary: Any, step: int = 0, seconds: float = 0.0) -> None:
        self._events.append(Event(wall_time=seconds, step=step, summary=summary))


def _kind(value: Value) -> Any:
    if isinstance(value, bool):
        return api_pb2.DATA_TYPE_BOOL
    return api_pb2.DATA_TYPE_STRING if isinstance(value, str) else api_pb2.DATA_TYPE_FLOAT64


def _field(value: Value) -> str:
    if isinstance(value, bool):
        return "bool_value"
    return "string_value" if isinstance(value, str) else "number_value"
