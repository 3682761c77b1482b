# `make app` opens the app, `make test` runs the tests; both need Python 3.11 to 3.13 and nothing else. `make help` lists the rest.
# Overridable: PYTHON=/path/to/python3.12  PORT=8600  ADDRESS=0.0.0.0 (let other machines in)  ARGS="-k report" (for pytest)

PYTHON =
PORT =
ADDRESS = localhost
ARGS =
VENV = .venv
RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip install --disable-pip-version-check
OFFLINE = { echo "The installation failed; the reason stands above. It needs the internet and about 3 GB of disk. Run the same command again to go on."; exit 1; }

# Wherever it is set, each of the many processes that tests start would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help app test check bench fuzz pictures release clean

help:
	@echo "make app     install what the app needs into $(VENV) (first time: some minutes) and open it"
	@echo "make test    the same with what the tests need, and run them"
	@echo "make check   style, types and known vulnerabilities"
	@echo "make bench   measure speed and memory (about half an hour; close everything else; ARGS=\"--only run\": one part)"
	@echo "make pictures  take the documents' screenshots anew (docs/pictures; about a minute)"
	@echo "make release   wheel, source, SBOM, provenance and checksums into dist (docs/releases.md)"
	@echo "make fuzz    feed the decoders mutated files for three minutes (ARGS=600: for ten)"
	@echo "make clean   delete $(VENV), dist and the caches"

app: $(VENV)/.app-ready
	@echo "Opening the app (stop it with Ctrl+C)"
	@exec $(RUN) -m xray_model app --address $(ADDRESS) $(PORT:%=--port %)

# Three processes on two cores, for many tests wait; tests/conftest.py says which tests go together, and in what order.
test: $(VENV)/.test-ready
	@echo "Running the tests"
	@$(RUN) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.test-ready
	@echo "Style (ruff)"
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@echo "Types (mypy)"
	@$(RUN) -m mypy
	@echo "Known vulnerabilities (pip-audit)"
	@$(RUN) .ci/audit.py

bench: $(VENV)/.bench-ready
	@$(RUN) -m tests.benchmarks $(ARGS)

fuzz: $(VENV)/.fuzz-ready
	@$(RUN) -m tests.fuzz.fuzz_radiograph $(ARGS)

pictures: $(VENV)/.test-ready
	@$(RUN) -m tests.pictures

release: $(VENV)/.test-ready
	@$(RUN) .ci/release.py

clean:
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp file is younger than the requirements that were installed, so that a second run starts at once.
$(VENV)/.app-ready: requirements.txt .ci/make_venv.sh
	@sh .ci/make_venv.sh $(VENV) "$(PYTHON)"
	@echo "Installing requirements.txt into $(VENV) (about 2 GB, some minutes the first time)"
	@$(PIP) -r requirements.txt || $(OFFLINE)
	@$(RUN) -m xray_model.recipes.imagenet_download
	@touch $@

$(VENV)/.test-ready: $(VENV)/.app-ready tests/requirements.txt
	@echo "Installing tests/requirements.txt into $(VENV)"
	@$(PIP) -r requirements.txt -r tests/requirements.txt || $(OFFLINE)
	@touch $@

$(VENV)/.bench-ready: $(VENV)/.test-ready tests/benchmarks/requirements.txt
	@echo "Installing tests/benchmarks/requirements.txt into $(VENV)"
	@$(PIP) -r requirements.txt -r tests/benchmarks/requirements.txt || $(OFFLINE)
	@touch $@

$(VENV)/.fuzz-ready: $(VENV)/.test-ready tests/fuzz/requirements.txt
	@echo "Installing tests/fuzz/requirements.txt into $(VENV)"
	@$(PIP) -r requirements.txt -r tests/requirements.txt -r tests/fuzz/requirements.txt || $(OFFLINE)
	@touch $@
