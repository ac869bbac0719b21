"""Work on a ``concurrent.futures.Executor``, its results in the order it was given.

Not here: which executor, and what is done on it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_order(
    executor: Executor, function: Callable[..., Result], each_with: Iterable[tuple[Any, ...]], ahead: int
) -> Iterator[Result]:
    """What a function returns for each of some arguments, in their order; at most ``ahead`` calls are under way or
    wait to be taken. Raises what a call raised; then, and when nobody wants more, those not begun are cancelled."""
    under_way: deque[Future[Result]] = deque()
    try:
        for arguments in each_with:
            under_way.append(executor.submit(function, *arguments))
            if len(under_way) >= ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for left in under_way:
            left.cancel()
