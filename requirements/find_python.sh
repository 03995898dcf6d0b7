#!/bin/sh
# Print the name of a Python >= 3.12, or say what to install.
# A version manager's `python3` may point at a version that is absent, so its siblings are tried as well.
for python in ${PYTHON:-} python3 python3.13 python3.14 python3.12; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        echo "$python"
        exit 0
    fi
done
echo "The registry needs Python 3.12 or newer and found none: install python3 (3.13 is what we test with)," >&2
echo "on Debian or Ubuntu together with python3-venv, or name one: make run PYTHON=/path/to/python3.13" >&2
exit 1
