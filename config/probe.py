"""A container's health check: exit code 0 when all is well. Without Django, so that it costs little every half minute.

python -m config.probe web      # /readyz of the web server in this container
python -m config.probe queue    # a heartbeat went through beat, broker and worker within two minutes
"""

import os
import sys
import urllib.request

import psycopg

HEARTBEAT_WITHIN = "2 minutes"


def web() -> bool:
    address = f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}/readyz"
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.status == 200


def queue() -> bool:
    question = f"SELECT max(at) > now() - interval '{HEARTBEAT_WITHIN}' FROM records_heartbeat WHERE name = 'queue'"
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as database:
        return bool(database.execute(question).fetchone()[0])


def main(words: list[str]) -> int:
    probes = {"web": web, "queue": queue}
    if len(words) != 1 or words[0] not in probes:
        print(f"usage: python -m config.probe {'|'.join(probes)}", file=sys.stderr)
        return 2
    try:
        return 0 if probes[words[0]]() else 1
    except (OSError, psycopg.Error) as problem:
        print(f"{words[0]}: {type(problem).__name__}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
