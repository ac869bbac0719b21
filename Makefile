# The two commands: make serve, make test. Everything is installed into .venv, from locked wheels and npm packages.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
READY := .venv/.ready
# Programs of the system that some tests use, and the Debian packages that carry them.
SYSTEM_PACKAGES := chromium gdal-bin nginx-light openssl

.PHONY: serve test prove lint test-system test-qgis translations lock

serve: $(READY)
	$(BIN)/mendmap load geodata
	$(BIN)/mendmap serve --host $(HOST) --port $(PORT)

# With CI=true the programs of the system are installed first, and nothing is left out.
test: $(READY) $(if $(filter true,$(CI)),test-system) lint
	$(BIN)/pytest --numprocesses 2 --dist worksteal --max-worker-restart 0

prove: $(READY) lint
	MENDMAP_PROVE=1 $(BIN)/pytest --numprocesses 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test-system:
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $(SYSTEM_PACKAGES)

# A check of its own, since QGIS is large: Debian's QGIS opens the whole service without a screen.
test-qgis: $(READY)
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3-qgis
	$(BIN)/mendmap load geodata
	$(BIN)/python tests/qgis/run.py

# Installed anew only when what is locked or built has changed.
$(READY): requirements-dev.lock pyproject.toml hatch_build.py src/mendmap/web/assets/package-lock.json
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $(READY)

# Gathers what is said in code, templates and scripts into the catalogues of translations; what is new is blank there.
# A language is one file: pybabel init --input-file .tmp/mendmap.pot --output-file $(TRANSLATIONS)/de.po --locale de
TRANSLATIONS := src/mendmap/words/translations
KEYWORDS := --keyword say --keyword counted:1,2 --keyword Field:3 --keyword column:2
translations: $(READY)
	mkdir -p .tmp
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml $(KEYWORDS) --no-wrap --sort-by-file --omit-header \
		--output-file .tmp/mendmap.pot src/mendmap
	for each in $(TRANSLATIONS)/*.po; do \
		$(BIN)/pybabel --quiet update --input-file .tmp/mendmap.pot --output-file $$each --locale $$(basename $$each .po) \
			--no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date; done

# Renews the locks; needs uv. Hashes are locked, addresses are not.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade
lock:
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock
