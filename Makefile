# Everything is done by scripts/bootstrap.py (Windows: py scripts\bootstrap.py run).
# Arguments: make run ARGS="--port 8123"    make test ARGS="tests/plans -x"

# Any Python 3.8+ that runs may be the launcher; a shim that fails when called may not.
PYTHON := $(or $(PYTHON),$(shell for python in python3 python /usr/bin/python3 python3.13 python3.12 \
	"$$HOME"/.pyenv/versions/3.*/bin/python3; do "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && echo "$$python" && break; done),python3)

.PHONY: run test setup lint bench lock doctor help
.DEFAULT_GOAL := help

run test setup lint bench lock doctor help:
	@"$(PYTHON)" scripts/bootstrap.py $@ $(ARGS)
