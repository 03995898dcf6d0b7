"""The schema `reporting`: what everybody may see as flat views, for tools that ask the database itself (docs/reporting.md).

One view for each kind, made from its declaration, and those that `settings.REPORTING` names. The views filter by themselves:
what is not public or is retired is not in them, nor is any private field, id or label that leads to what is hidden. They
stand in the way of migrations that alter columns, so each `migrate` drops them before and makes them after.
"""

from .shapes import Column, View, Worked

__all__ = ["Column", "View", "Worked"]
