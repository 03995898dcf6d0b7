"""What is done with an update: the one way, for pages and API alike. Each command asks its rule, locks, checks, changes, notes."""

from .deciding import Answer, decide, reopen
from .moving import assign, put_back, resume, say, submit, take, watch, withdraw
from .writing import attach, begin, detach, save

__all__ = [
    "Answer", "assign", "attach", "begin", "decide", "detach", "put_back", "reopen", "resume", "save", "say", "submit", "take",
    "watch", "withdraw",
]  # fmt: skip
