#!/usr/bin/env python
"""Django's commands, with servers: those that run already, or our own for as long as the command takes."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config import safe, servers

    safe.refuse_if_unsafe()  # before servers of our own are started for it
    with servers.for_command(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
