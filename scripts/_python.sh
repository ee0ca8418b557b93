# Sourced by the commands beside it: moves to the project's root and sets $python to a Python that can run them.
cd "$(dirname "$0")/.." || exit 1
for python in .venv/bin/python python3.13 python3.12 python3.11 python3 python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-9].*/bin/python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        return 0
    fi
done
echo "No Python 3.11 or later was found: install one (python3.13 is best) and run this again." >&2
exit 1
