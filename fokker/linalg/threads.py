"""One BLAS thread for many small products: waiting threads cost more than they bring."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any, cast


@cache
def _controller() -> Any:
    import scipy.linalg.cython_blas  # noqa: F401  # the library behind the kernels must be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS runs on one thread."""
    return cast(AbstractContextManager[Any], _controller().limit(limits=1, user_api="blas"))
