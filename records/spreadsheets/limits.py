"""How much a file may be, and how its process is held to it."""

import resource
from contextlib import suppress

MOST_ROWS = 100_000
MOST_COLUMNS = 300
MOST_CELLS = 2_500_000
LONGEST_CELL = 100_000  # characters
MOST_UNPACKED = 400 << 20  # bytes of all parts of a workbook
MOST_PARTS = 5_000
MOST_RATIO = 250  # unpacked to packed, of a part that is large; XML of a table comes to 10 or 30
LARGE_PART = 20 << 20

MEMORY = 1536 << 20
SECONDS = 120  # of the processor
WRITTEN = 128 << 20  # bytes of the rows that it hands over


class BadFile(ValueError):
    """Why a file is refused: a code, for which `told.py` has the sentence, and what is filled into that."""

    def __init__(self, code: str, **values):
        super().__init__(code)
        self.code, self.values = code, values


def hold_to_limits() -> None:
    """From here on this process has no more than this; what goes beyond fails or is ended."""
    wanted = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: WRITTEN,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in wanted.items():
        with suppress(ValueError, OSError):  # a system that knows no such limit (macOS: memory)
            resource.setrlimit(what, (most, most))
