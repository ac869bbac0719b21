"""Lays a directed graph out as a strip: a row each, what lies upstream above, and a lane for every link on its way.

Sugiyama's steps (Sugiyama, Tagawa & Toda 1981, Methods for visual understanding of hierarchical system structures) cut
to one node a layer, so that no two links cross within a lane and every label has a row of its own. The same graph
always gives the same strip; circles do no harm: the link that closes one leads back up.
Not here: what is drawn (``strip``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strand:
    """A link on its way down: the lane it runs in, the row it leaves and the row it reaches. One of the same ``look``
    that is under way to the same row is joined: it is then drawn no farther than that one."""

    link: int
    lane: int
    first: int
    last: int
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lane of each row, the strands between rows, and how many lanes there are."""

    of_row: tuple[int, ...]
    strands: tuple[Strand, ...]
    count: int


def downstream(nodes: Iterable[str], links: Iterable[tuple[str, str]]) -> list[str]:
    """The nodes, each below all that flow into it, as far as no circle forbids it; every branch stands together, and
    what flows no farther right below the last that flows into it. Of equals the first given comes first. Links that
    name no node, or lead to where they come from, are none."""
    order = {node: nth for nth, node in enumerate(dict.fromkeys(nodes))}
    above: dict[str, list[str]] = {node: [] for node in order}
    below: dict[str, list[str]] = {node: [] for node in order}
    for start, end in dict.fromkeys(links):
        if start in order and end in order and start != end:
            above[end].append(start)
            below[start].append(end)
    for each in (*above.values(), *below.values()):
        each.sort(key=order.__getitem__)
    found: dict[str, None] = {}
    for node in _ends(order, below):
        _climb(node, above, below, found)
    return list(found)


def _ends(nodes: Iterable[str], below: Mapping[str, list[str]]) -> Iterator[str]:
    """Where to begin: with what flows no farther, that of the first node first; then with what goes round in circles,
    of which the nodes are in no order but the given one."""
    seen: set[str] = set()
    for node in nodes:
        todo = [node]
        while todo:
            each = todo.pop()
            if each not in seen:
                seen.add(each)
                todo += reversed(below[each])
                if not below[each]:
                    yield each
    yield from nodes


def _climb(node: str, above: Mapping[str, list[str]], below: Mapping[str, list[str]], found: dict[str, None]) -> None:
    """Puts a node among the ``found``, after all that lie above it. Without recursion: rivers are long."""
    entered, todo = set(found), [(node, False)]
    while todo:
        each, finished = todo.pop()
        if finished:
            found[each] = None
            ends = (one for one in below[each] if not below[one] and all(other in found for other in above[one]))
            found |= dict.fromkeys(ends)
        elif each not in entered and each not in found:
            entered.add(each)
            todo.append((each, True))
            todo += ((one, False) for one in reversed(above[each]))


def lanes(rows: Sequence[str], links: Sequence[tuple[str, str, str]]) -> Lanes:
    """The lanes of rows, as ``downstream`` orders them. ``links`` have where they start, where they end and a look;
    those that lead up, or to no row, have no strand."""
    row_of = {node: nth for nth, node in enumerate(rows)}
    leaving: dict[int, list[tuple[int, int, str]]] = {}
    for nth, (start, end, look) in enumerate(links):
        if end in row_of and row_of[start] < row_of[end]:
            leaving.setdefault(row_of[start], []).append((nth, row_of[end], look))
    under_way: list[tuple[int, str] | None] = []  # what each lane leads to, and how it looks
    of_row: list[int] = []
    strands: list[Strand] = []
    for row in range(len(rows)):
        coming = [lane for lane, each in enumerate(under_way) if each and each[0] == row]
        own = coming[0] if coming else _free(under_way)
        for lane in (*coming, own):
            under_way[lane] = None
        of_row.append(own)
        for nth, last, look in sorted(leaving.get(row, ()), key=lambda each: each[1]):
            held = next((lane for lane, each in enumerate(under_way) if each == (last, look)), None)
            lane = own if held is None and under_way[own] is None else _free(under_way) if held is None else held
            under_way[lane] = (last, look)
            strands.append(Strand(nth, lane, row, last, joins=held is not None))
    return Lanes(tuple(of_row), tuple(strands), len(under_way))


def _free(under_way: list[tuple[int, str] | None]) -> int:
    """The first lane that leads nowhere, a new one where each leads somewhere."""
    if None not in under_way:
        under_way.append(None)
    return under_way.index(None)
