"""Computation graphs as SVG: layers from the result down to the variables, laid out here and the same on each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from activations.derivation import Graph, GraphNode, Saved
from activations.render.html import visible
from activations.render.style import Theme, theme_named

__all__ = ["draw_graphs", "saved_text"]

LETTER = 6.7  # the width of a letter of 11 points, monospaced
LINE = 16.0
MARGIN = 10.0
GAP = 26.0  # between neighbours
DROP = 46.0  # between layers
PANEL = 48.0  # between graphs
HEADING = 48.0
LONGEST = 44
SWEEPS = 12
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"


@dataclass
class Box:
    """A node with its place, or a point that a long edge passes; the place is of its middle and its upper end."""

    node: GraphNode | None
    lines: tuple[str, ...]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


def draw_graphs(graphs: Sequence[Graph], title: str = "", theme: str = "light") -> bytes:
    """Graphs side by side as one SVG picture: what each node saves, and the gradient along each edge.

    Args:
        graphs: one or more.
        title: what they are of.
        theme: "light" or "dark".
    """
    look = theme_named(theme)
    parts: list[str] = []
    left, bottom = MARGIN * 2, 0.0
    for graph in graphs:
        drawn, width, height = _panel(graph, look, left)
        parts += drawn
        left += width + PANEL
        bottom = max(bottom, height)
    heading = _cut(visible(title), 120)
    width = max(left - PANEL, len(heading) * 8.5 + 2 * MARGIN) + 2 * MARGIN
    height = bottom + 2 * MARGIN
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONT}" font-size="11" role="img">',
        f"<title>{escape(f'Computation graph of {heading}' if heading else 'Computation graph')}</title>",
        f'<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{look.muted}"/></marker></defs>',
        f'<rect width="100%" height="100%" fill="{look.background}"/>',
        _text(2 * MARGIN, 24, heading, look.text, size=14, bold=True),
    ]
    return ("\n".join([*head, *parts, "</svg>"]) + "\n").encode()


def saved_text(saved: Saved) -> str:
    """What a node has saved, in one line: its name, the value or variable, and of a tensor the type and shape."""
    if saved.shape is None:
        return f"{saved.name}: {saved.text}"
    shape = "×".join(map(str, saved.shape)) or "scalar"
    return f"{saved.name}: {saved.text + ', ' if saved.text else ''}{saved.dtype} {shape}"


def _panel(graph: Graph, theme: Theme, left: float) -> tuple[list[str], float, float]:
    """The parts of one graph, its width and its lower end."""
    value = "" if graph.value is None else f" = {graph.value:.6g}"
    heading = f"{_cut(visible(graph.title), 60)}"
    boxes, layers, edges = _layers(graph)
    if not graph.nodes:
        note = "the result depends on no variable: there is no graph"
        return [_text(left, HEADING + LINE, note, theme.muted)], len(note) * LETTER, HEADING + 2 * LINE
    _order(layers, edges)
    width = max(_place(boxes, layers, edges), len(heading) * LETTER + MARGIN)
    top = HEADING + 2.5 * LINE
    for layer in layers:
        height = max(boxes[number].height for number in layer)
        for number in layer:
            boxes[number].y = top
            if boxes[number].node is None:
                boxes[number].height = height  # an edge passes beside the boxes and bends between the layers
        top += height + DROP
    for box in boxes.values():
        box.x += left
    parts = [_text(left, HEADING, heading, theme.muted)]
    first = boxes[0]
    parts.append(_text(first.x, first.y - 10, f"f{value}", theme.text, anchor="middle", bold=True))
    for start, end, place in edges:
        parts.append(_edge(boxes[start], boxes[end], theme, arrow=boxes[end].node is not None, shift=place))
    for box in boxes.values():
        if box.node is not None:
            parts += _box(box, theme)
    lower = max(box.y + box.height for box in boxes.values())
    if graph.cut:
        lower += LINE
        parts.append(_text(left, lower, f"only the first {len(graph.nodes)} nodes are shown", theme.muted))
    return parts, width, lower


Edge = tuple[int, int, float]


def _layers(graph: Graph) -> tuple[dict[int, Box], list[list[int]], list[Edge]]:
    """The nodes by their longest way from the result; edges over several layers pass a point in each between."""
    depth = [0] * len(graph.nodes)
    for number in _from_the_result(graph):
        for following in graph.nodes[number].inputs:
            if following is not None:
                depth[following] = max(depth[following], depth[number] + 1)
    deepest = max(depth, default=0)
    for number, node in enumerate(graph.nodes):
        if node.variable:
            depth[number] = deepest  # all variables stand below each other's feet
    boxes = {number: _boxed(node) for number, node in enumerate(graph.nodes)}
    layers: list[list[int]] = [[] for _ in range(deepest + 1)]
    for number in boxes:
        layers[depth[number]].append(number)
    edges: list[Edge] = []
    for number, node in enumerate(graph.nodes):
        seen: dict[int, int] = {}
        for following in node.inputs:
            if following is None:
                continue
            seen[following] = seen.get(following, 0) + 1
            shift = 9.0 * (seen[following] - 1)  # the same node twice, as in x*x
            start = number
            for level in range(depth[number] + 1, depth[following]):
                point = len(boxes)
                boxes[point] = Box(None, (), 2.0, 0.0)
                layers[level].append(point)
                edges.append((start, point, shift))
                start = point
            edges.append((start, following, shift))
    return boxes, layers, edges


def _from_the_result(graph: Graph) -> list[int]:
    """The nodes so that each comes before those that its gradients go to."""
    waiting = [0] * len(graph.nodes)
    for node in graph.nodes:
        for following in node.inputs:
            if following is not None:
                waiting[following] += 1
    ready, order = ([0] if graph.nodes else []), []
    while ready:
        number = ready.pop(0)
        order.append(number)
        for following in graph.nodes[number].inputs:
            if following is not None:
                waiting[following] -= 1
                if waiting[following] == 0:
                    ready.append(following)
    return order


def _boxed(node: GraphNode) -> Box:
    lines = [_cut(visible(node.title))]
    lines += [_cut(visible(saved_text(saved))) for saved in node.saved]
    if node.gradient is not None:
        lines.append(f"∂f/∂{lines[0]} = {node.gradient:.6g}" if node.variable else f"gradient in: {node.gradient:.6g}")
    width = max(map(len, lines)) * LETTER + 2 * MARGIN
    return Box(node, tuple(lines), width, len(lines) * LINE + MARGIN)


def _order(layers: list[list[int]], edges: Sequence[Edge]) -> None:
    """Sort each layer by the middle of its neighbours, down and up, which leaves few crossings."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for start, end, _ in edges:
        above.setdefault(end, []).append(start)
        below.setdefault(start, []).append(end)
    for sweep in range(SWEEPS):
        neighbours, walk = (above, layers[1:]) if sweep % 2 == 0 else (below, layers[-2::-1])
        place = {number: index for layer in layers for index, number in enumerate(layer)}
        for layer in walk:

            def middle(number: int, place: dict[int, int] = place, of: dict[int, list[int]] = neighbours) -> float:
                places = [place[other] for other in of.get(number, [])]
                return sum(places) / len(places) if places else place[number]

            layer.sort(key=middle)
            place.update((number, index) for index, number in enumerate(layer))


def _place(boxes: dict[int, Box], layers: Sequence[Sequence[int]], edges: Sequence[Edge]) -> float:
    """Give every box its x: near the middle of its neighbours, and none over another. The width of all is returned."""
    near: dict[int, list[int]] = {}
    for start, end, _ in edges:
        near.setdefault(start, []).append(end)
        near.setdefault(end, []).append(start)
    for layer in layers:
        left = 0.0
        for number in layer:
            boxes[number].x = left + boxes[number].width / 2
            left += boxes[number].width + GAP
    for sweep in range(4 * SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [
                sum(boxes[other].x for other in near[number]) / len(near[number])
                if near.get(number)
                else boxes[number].x
                for number in layer
            ]
            _spread([boxes[number] for number in layer], wanted)
    low = min(box.x - box.width / 2 for box in boxes.values())
    for box in boxes.values():
        box.x -= low
    return max(box.x + box.width / 2 for box in boxes.values())


def _spread(row: Sequence[Box], wanted: Sequence[float]) -> None:
    """The places nearest to those wanted at which boxes in this order keep their distance: pushed from both ends."""
    from_left, from_right = list(wanted), list(wanted)
    for i in range(1, len(row)):
        apart = (row[i - 1].width + row[i].width) / 2 + GAP
        from_left[i] = max(from_left[i], from_left[i - 1] + apart)
    for i in range(len(row) - 2, -1, -1):
        apart = (row[i].width + row[i + 1].width) / 2 + GAP
        from_right[i] = min(from_right[i], from_right[i + 1] - apart)
    for box, left, right in zip(row, from_left, from_right, strict=True):
        box.x = (left + right) / 2


def _edge(start: Box, end: Box, theme: Theme, *, arrow: bool, shift: float) -> str:
    x0, y0 = start.x + shift, start.y + start.height
    x1, y1 = end.x + shift, end.y
    bend = (y1 - y0) / 2
    marker = ' marker-end="url(#arrow)"' if arrow else ""
    through = "" if arrow else f"V{y1 + end.height:.1f}"
    path = f"M{x0:.1f} {y0:.1f}C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}{through}"
    return f'<path d="{path}" fill="none" stroke="{theme.muted}" stroke-width="1.2"{marker}/>'


def _box(box: Box, theme: Theme) -> list[str]:
    assert box.node is not None
    colour = theme.orders[2] if box.node.variable else theme.orders[0]
    left = box.x - box.width / 2
    shape = (
        f'<rect x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="5" '
        f'fill="{theme.middle}" stroke="{colour}" stroke-width="1.4"/>'
    )
    lines = [
        _text(left + MARGIN, box.y + LINE * (number + 1), line, _shade(number, line, theme), bold=number == 0)
        for number, line in enumerate(box.lines)
    ]
    return [shape, *lines]


def _shade(number: int, line: str, theme: Theme) -> str:
    if number == 0:
        return theme.text
    return theme.orders[1] if line.startswith(("gradient", "∂f")) else theme.muted


def _text(x: float, y: float, text: str, colour: str, *, size: int = 11, bold: bool = False, anchor: str = "") -> str:
    weight = ' font-weight="bold"' if bold else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    points = f' font-size="{size}"' if size != 11 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}"{points}{weight}{where}>{escape(text)}</text>'


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
