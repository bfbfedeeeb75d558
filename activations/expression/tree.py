"""The checked tree of a formula: immutable nodes that every product reads.

Nothing here recurses: `fold` and `numbering` walk with an explicit stack, so a deep derivative cannot exhaust
the interpreter's stack, and a subtree that is shared is visited once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction

T = TypeVar("T")


class Node:
    """A node: what it says (`payload`) and what it says it about (`children`).

    Equality and hash are those of the whole tree. `size` counts nodes as if nothing were shared; `depth` is
    the longest way down.
    """

    payload_fields: ClassVar[tuple[str, ...]] = ()
    variadic: ClassVar[bool] = False
    size: int
    depth: int
    _hash: int

    def __post_init__(self) -> None:
        children = self.children
        self.size = 1 + sum(child.size for child in children)
        self.depth = 1 + max((child.depth for child in children), default=0)
        self._hash = hash((type(self).__name__, self.payload, children))

    def __setattr__(self, name: str, value: object) -> None:
        # What `frozen=True` does, at a third of the import time: the hash is the last thing a new node is given.
        if "_hash" in self.__dict__:
            raise AttributeError(f"a node is immutable: cannot set {name!r}")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        # Not the whole tree: that may be large, and `canonical_text` says it better.
        said = " ".join(str(part) for part in self.payload)
        return f"<{type(self).__name__} {said}({self.size} nodes)>"

    @property
    def payload(self) -> tuple[Any, ...]:
        """The fields that are not nodes."""
        return tuple(getattr(self, field) for field in self.payload_fields)

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes directly below, in reading order."""
        return ()

    @classmethod
    def assemble(cls, payload: tuple[Any, ...], children: tuple[Node, ...]) -> Node:
        """Build a node of this class from its payload and its children."""
        return cls(*payload, *([children] if cls.variadic else children))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node) or self._hash != other._hash or self.size != other.size:
            return False
        return numbering(self) == numbering(other)

    def __reduce__(self) -> tuple[Any, ...]:
        # Flat, because pickle would recurse; and without the cached hash, which differs from process to
        # process.
        return from_numbering, (numbering(self),)


@dataclass(eq=False, repr=False)
class Number(Node):
    """An exact decimal number, zero or positive: `-2` is `Negate(Number(2))`, as it is written."""

    value: Fraction
    payload_fields: ClassVar[tuple[str, ...]] = ("value",)


@dataclass(eq=False, repr=False)
class Constant(Node):
    """A named constant: `pi` or `e`."""

    name: str
    payload_fields: ClassVar[tuple[str, ...]] = ("name",)


@dataclass(eq=False, repr=False)
class Name(Node):
    """A free symbol."""

    name: str
    payload_fields: ClassVar[tuple[str, ...]] = ("name",)


@dataclass(eq=False, repr=False)
class Negate(Node):
    """The operand with its sign changed."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(eq=False, repr=False)
class Binary(Node):
    """Arithmetic on two operands; the operator is one of `+ - * / ** %`."""

    operator: str
    left: Node
    right: Node
    payload_fields: ClassVar[tuple[str, ...]] = ("operator",)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(eq=False, repr=False)
class Call(Node):
    """A function of the table applied to arguments; the name is the table's, never an alias."""

    function: str
    arguments: tuple[Node, ...]
    payload_fields: ClassVar[tuple[str, ...]] = ("function",)
    variadic: ClassVar[bool] = True

    @property
    def children(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(eq=False, repr=False)
class Compare(Node):
    """A chain of comparisons such as `0 < x <= 1`: one operator fewer than operands. A condition."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]
    payload_fields: ClassVar[tuple[str, ...]] = ("operators",)
    variadic: ClassVar[bool] = True

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(eq=False, repr=False)
class Logical(Node):
    """Conditions joined by `and` or by `or`. A condition."""

    operator: str
    operands: tuple[Node, ...]
    payload_fields: ClassVar[tuple[str, ...]] = ("operator",)
    variadic: ClassVar[bool] = True

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(eq=False, repr=False)
class Not(Node):
    """The opposite of a condition. A condition."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(eq=False, repr=False)
class Conditional(Node):
    """`if_true if condition else if_false`, which is also how `where` is read."""

    condition: Node
    if_true: Node
    if_false: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.condition, self.if_true, self.if_false)


Numbering = tuple[tuple[type[Node], tuple[Any, ...], tuple[int, ...]], ...]


def walk(tree: Node) -> Iterator[Node]:
    """Yield every node object once, children before parents, left before right."""
    seen: set[int] = set()
    stack = [(tree, False)]
    while stack:
        node, expanded = stack.pop()
        if id(node) in seen:
            continue
        if expanded:
            seen.add(id(node))
            yield node
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.children))


def fold(tree: Node, combine: Callable[[Node, tuple[T, ...]], T]) -> T:
    """Compute a value bottom-up: `combine` gets a node and the values of its children.

    Args:
        tree: The root.
        combine: Called once per node object, children first.

    Returns:
        The value of the root.
    """
    values: dict[int, T] = {}
    for node in walk(tree):
        values[id(node)] = combine(node, tuple(values[id(child)] for child in node.children))
    return values[id(tree)]


def numbering(tree: Node) -> Numbering:
    """The tree as a flat list without repetitions, each entry pointing to earlier ones by number.

    Equal trees have equal lists, whatever they share. A product that emits code can use one line per entry.
    """
    numbers: dict[tuple[type[Node], tuple[Any, ...], tuple[int, ...]], int] = {}

    def number(node: Node, children: tuple[int, ...]) -> int:
        return numbers.setdefault((type(node), node.payload, children), len(numbers))

    fold(tree, number)
    return tuple(numbers)


def from_numbering(entries: Numbering) -> Node:
    """Rebuild the tree from its `numbering`."""
    nodes: list[Node] = []
    for kind, payload, children in entries:
        nodes.append(kind.assemble(payload, tuple(nodes[child] for child in children)))
    return nodes[-1]


def free_names(tree: Node) -> frozenset[str]:
    """The free symbols of the tree."""
    return frozenset(node.name for node in walk(tree) if isinstance(node, Name))
