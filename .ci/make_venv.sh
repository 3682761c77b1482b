#!/bin/sh
# make_venv.sh FOLDER [PYTHON]: a virtual environment with a Python from 3.11 to 3.13, or a sentence about what is missing.
set -eu
folder=$1
wanted=${2:-}

supported() { # runs it: a name on PATH may be a shim that answers nothing
    "$1" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

says() {
    if command -v "$1" >/dev/null; then "$1" --version 2>&1; else echo "not there"; fi
}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

if supported "$folder/bin/python" && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

if [ "$(uname -sm)" = "Darwin x86_64" ]; then
    fail "TensorFlow no longer comes for Macs with an Intel processor: use Linux, Windows or a Mac with Apple silicon."
fi

python=
for candidate in ${wanted:-python3.12 python3.13 python3.11 python3 python}; do
    if supported "$candidate"; then
        python=$candidate
        break
    fi
done

if [ -z "$python" ] && [ -n "$wanted" ]; then
    fail "$wanted is not Python 3.11, 3.12 or 3.13 (it is: $(says "$wanted"))." \
        "Give another one, as in: make app PYTHON=/path/to/python3.12"
elif [ -z "$python" ]; then
    fail "Python 3.11, 3.12 or 3.13 was not found (python3 is: $(says python3))." \
        "Install one: 'apt-get install python3 python3-venv' on Debian 12 and Ubuntu 24.04, 'brew install python@3.12' on" \
        "macOS, python.org elsewhere. If it is there under another name: make app PYTHON=/path/to/python3.12"
fi

echo "Creating $folder with $("$python" --version)"
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "This Python cannot create virtual environments: its modules venv and ensurepip are missing." \
        "On Debian and Ubuntu: apt-get install python$version-venv"
fi
rm -rf "$folder"
"$python" -m venv "$folder"
