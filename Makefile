# The interpreter for the tool environments; 3.11 or newer.
PYTHON ?= python3
# The runtime of a build for AWS, whose interpreter has to be on the PATH; python3.13 if that is there,
# otherwise another one.
RUNTIME ?=
# The architecture of the build, arm64 (the default) or x86_64. Packages are fetched for it.
ARCHITECTURE ?=
BUILD_OPTIONS = $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))
# For `make deploy`: ENV of the command line. A shell may have a variable ENV for its own use.
named = $(filter command,$(firstword $(origin $(1))))
ENVIRONMENT = $(if $(call named,ENV),'$(ENV)',$(if $(call named,env),\
  $(error ENV is written in capitals: make deploy ENV=$(env))))
# For `make invoke`: a function's name in template.yaml and a file of infra/events.
FUNCTION ?= Api
EVENT ?= api
# For `make chaos`: the number of examples of the model that run on the emulator.
MODEL_EXAMPLES ?= 20

TOOLS := .local/env
BIN := $(TOOLS)/dev/bin
# For every system and each Python from 3.11; pinned versions stay pinned.
RESOLVE := $(TOOLS)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --custom-compile-command 'make lock'
# All lock files except those of `make compare` and of Django 4.2, whose old releases are only tested.
OLD := requirements-compare.txt requirements-django42.txt
AUDITED = $(filter-out $(OLD),$(wildcard requirements-*.txt)) $(UNLOCKED)
TRACKED := git ls-files -z --cached --others --exclude-standard
SAM := SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/sam
ENVIRONMENTS := $(foreach name,dev sam emulator,$(TOOLS)/$(name)/.ready)
LOCAL := $(BIN)/python -m infra.local
# The tests whose coverage is measured. With coverage, the others would take twice the processor time.
RULES := tests/content tests/domain tests/usecases
# For `make up` and `make demo`: EMAIL=smtp and CREDENTIALS=ParameterStore, which set template parameters.
PARAMETERS := $(if $(EMAIL),--email $(EMAIL)) $(if $(CREDENTIALS),--credentials $(CREDENTIALS))

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: env
env: ## Create the tool environments
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	  "Python 3.11 or newer is needed, this is %d.%d. Choose another interpreter: make PYTHON=python3.13 ..." \
	  % sys.version_info[:2])'
	@$(MAKE) --no-print-directory --quiet -j3 $(ENVIRONMENTS) $(BIN)/notify

# `make lock` writes these from the .in file of each, with hashes.
LOCKED := $(patsubst %.in,%.txt,$(wildcard shared/requirements.in functions/*/requirements.in \
  functions/targets/*/requirements.in))
# A target of your own may pin its SDK without hashes; the tests need it too.
UNLOCKED := $(filter-out $(LOCKED),$(wildcard functions/*/requirements.txt functions/targets/*/requirements.txt))
INSTALL := bin/pip install --quiet --no-compile --disable-pip-version-check

# A lock file is complete. Without --no-deps pip would require hashes of the extras' packages.
$(TOOLS)/dev/.ready: $(UNLOCKED)
$(TOOLS)/%/.ready: requirements-%.txt
	@echo "  installing the environment $*"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/$(INSTALL) --require-hashes --no-deps -r $< || { echo "The packages of $< could not be installed. \
	  Check that PyPI is reachable (network, proxy, PIP_INDEX_URL), then repeat the command." >&2; exit 1; }
	@$(if $(filter-out $<,$^),$(@D)/$(INSTALL) $(addprefix -r ,$(filter-out $<,$^)))
	@touch $@

# Editable, so that the command runs the code in this folder from any directory.
$(BIN)/notify: $(TOOLS)/dev/.ready clients/python/pyproject.toml
	@$(TOOLS)/dev/$(INSTALL) --no-deps --no-build-isolation --editable clients/python
	@touch $@

.PHONY: up
up: env ## Start the whole system on this machine (PERSIST=1 keeps its data after make down)
	@$(LOCAL) up $(if $(PERSIST),--persist) $(PARAMETERS)

.PHONY: down
down: ## Stop the local stack
	@test ! -x $(BIN)/python || $(LOCAL) down

.PHONY: status
status: env ## Show the processes, URLs and queues of the local stack
	@$(LOCAL) status

.PHONY: clock
clock: env ## Set the local time: make clock AHEAD=20m (25h, 1d12h, 0), or show it
	@$(LOCAL) clock $(AHEAD)

.PHONY: demo
demo: env ## Send notifications through every target and show the results (KEEP=1 keeps it running)
	@$(LOCAL) demo $(if $(KEEP),--keep) $(PARAMETERS)

.PHONY: invoke
invoke: env ## Run one function in a container: make invoke FUNCTION=DeliverEmail EVENT=email
	@$(LOCAL) invoke $(FUNCTION) $(EVENT)

.PHONY: test
test: env ## Run the tests, and measure the coverage of the domain and the use cases
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term $(RULES)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(addprefix --ignore ,$(RULES))

.PHONY: fuzz
fuzz: env ## Send requests that break each constraint of openapi.json to the deployed API
	@FUZZ_PHASES=examples,coverage,fuzzing,stateful $(BIN)/python -m pytest -q tests/system/test_whole_api.py

.PHONY: check
check: env $(TOOLS)/audit/.ready ## Check style, types, imports, the template, workflows, links, dependencies, secrets
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@PYTHONPATH=shared:clients/python $(BIN)/lint-imports
	@$(BIN)/python -m infra.template_check
	@$(BIN)/python -m pytest -q tests/architecture/test_links.py
	@$(TRACKED) | xargs -0 $(TOOLS)/audit/bin/detect-secrets-hook --no-verify --baseline .secrets.baseline
	@$(TOOLS)/audit/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(MAKE) --no-print-directory audit

.PHONY: audit
# Fails if a vulnerability is found. A package is not audited if PyPI does not answer about it, which
# fails only with AUDIT=strict.
audit: $(TOOLS)/audit/.ready ## Look for known vulnerabilities in the pinned packages (AUDIT=strict)
	@printf '%s\n' $(AUDITED) | xargs -P 4 -I FILE sh -c '$(TOOLS)/audit/bin/pip-audit --no-deps \
	  --disable-pip --progress-spinner off --requirement FILE || echo "FAILED: FILE"' > $(TOOLS)/audit/log 2>&1
	@if grep -q '^Found [0-9]* known' $(TOOLS)/audit/log; then cat $(TOOLS)/audit/log; exit 1; \
	elif grep -qE '^FAILED|Skip Reason' $(TOOLS)/audit/log; then \
	  echo 'NOT AUDITED: PyPI did not answer about every package; see $(TOOLS)/audit/log'; \
	  test '$(AUDIT)' != strict; \
	else echo 'Every pinned package audited, no known vulnerability'; fi

.PHONY: baseline
baseline: $(TOOLS)/audit/.ready ## Accept the current findings of the scan for secrets; review the difference
	@$(TRACKED) | xargs -0 $(TOOLS)/audit/bin/detect-secrets scan --slim --no-verify \
	  --exclude-files '^\.secrets\.baseline$$' \
	  --exclude-lines '--hash=sha256:[0-9a-f]{64}( \\)?"?$$' > $(TOOLS)/audit/baseline
	@mv $(TOOLS)/audit/baseline .secrets.baseline

.PHONY: costs
costs: env ## Count the AWS requests of each step again, and write the tables
	@PYTHONPATH=shared:clients/python:. $(BIN)/python -m infra.cost

.PHONY: lock
lock: $(TOOLS)/lock/.ready ## Resolve all packages again after a change of versions, with hashes
	@$(RESOLVE) --group dev $(LOCKED:.txt=.in) --output-file requirements-dev.txt
	@$(foreach name,sam emulator audit browser compare django django42 docs generators snippets lock,$(RESOLVE) --group $(name) --output-file requirements-$(name).txt &&) true
	@$(foreach file,$(LOCKED),$(RESOLVE) $(file:.txt=.in) --constraints requirements-dev.txt --output-file $(file) &&) true

.PHONY: client
client: env ## Generate the synchronous Python client from the asynchronous one
	@$(BIN)/python -m infra.sync_client

.PHONY: dist
dist: env ## Build the Python client as a wheel and a source distribution: .local/dist
	@cd clients/python && $(CURDIR)/$(BIN)/hatchling build --directory $(CURDIR)/.local/dist

.PHONY: wheels
wheels: env ## Check that every package is available for both architectures (after a change of versions)
	@$(BIN)/python -m infra.wheels

.PHONY: format
format: env ## Format the code
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: docs
docs: $(TOOLS)/docs/.ready ## Build the documentation as a site with search: .local/docs/index.html
	@$(TOOLS)/docs/bin/sphinx-build -q -W --keep-going -c docs . .local/docs

# The package of the examples in JavaScript. Its lock file names no registry, so npm uses its own.
NODE := $(TOOLS)/snippets/node
$(NODE)/.ready: tests/snippets/package-lock.json tests/snippets/package.json $(TOOLS)/snippets/.ready
	@rm -rf $(@D) && mkdir $(@D) && cp $(filter %.json,$^) $(@D)
	@cd $(@D) && PATH="$(CURDIR)/$(TOOLS)/snippets/bin:$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel error > /dev/null
	@touch $@

.PHONY: snippets
snippets: env dist $(NODE)/.ready ## Run every example of the documentation against the local stack
	@$(TOOLS)/snippets/$(INSTALL) --no-deps --no-index --find-links .local/dist --force-reinstall notification-system
	@$(BIN)/python -m tests.snippets

DJANGOS := django django42
DJANGO_PAGES := docs/integrations/django.md docs/migrating-from-django.md

.PHONY: django
django: env dist $(TOOLS)/compare/.ready $(DJANGOS:%=$(TOOLS)/%/.ready) ## Test the Django app with Django 4.2 and the newest release
	@for name in $(DJANGOS); do $(TOOLS)/$$name/$(INSTALL) --no-deps --no-index --find-links .local/dist \
	  --force-reinstall notification-system && REQUIRE_ANCESTOR=1 $(TOOLS)/$$name/bin/python -m pytest -q \
	  --confcutdir tests/django tests/django && \
	  $(BIN)/python -m tests.snippets --environment $$name $(DJANGO_PAGES) || exit 1; done
	@REQUIRE_DJANGO=1 $(BIN)/python -m pytest -q tests/system/test_django_example.py

.PHONY: bench
bench: env ## Measure the speed of the system
	@$(BIN)/python -m tests.benchmarks

.PHONY: compare
compare: env $(TOOLS)/compare/.ready ## Compare the speed with a Django application and Celery (15 minutes)
	@$(BIN)/python -m tests.compare

.PHONY: operations
operations: env ## Run notify smoke on broken stacks, and notify restore on a deleted one
	@OPERATIONS=1 $(BIN)/python -m pytest -q tests/system/test_smoke.py tests/system/test_restore.py

.PHONY: ancestor
ancestor: env $(TOOLS)/compare/.ready ## Import a database of django-notification-system (ANCESTOR_USERS=26500 for 100,000 rows)
	@REQUIRE_ANCESTOR=1 COMMAND_SECONDS=7200 $(BIN)/python -m pytest -q tests/system/test_import_django.py

.PHONY: chaos
chaos: env ## Check under faults that no notification is lost or duplicated (SEED=1 NOTIFICATIONS=2000)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) \
	  $(if $(NOTIFICATIONS),--notifications $(NOTIFICATIONS))
	@MODEL_EXAMPLES=$(MODEL_EXAMPLES) $(BIN)/python -m pytest -q tests/model -k holds_in_the_emulator

# npm's packages beside those of Python. Both are installed again only after a change of a lock file.
$(TOOLS)/generators/.npm: tests/generators/package-lock.json $(TOOLS)/generators/.ready
	@cp tests/generators/package.json tests/generators/package-lock.json $(@D)
	@$(@D)/bin/npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel error > /dev/null
	@touch $@

.PHONY: upgrade
# The previous release is a commit of tests/architecture/releases.json. A clone without it is not
# tested, which fails only with UPGRADE=strict.
upgrade: env ## Upgrade the previous release and roll back a newer one while notifications are due
	@UPGRADE=$(UPGRADE) $(BIN)/python -m tests.upgrade $(if $(NOTIFICATIONS),--notifications $(NOTIFICATIONS))

.PHONY: generators
generators: env $(TOOLS)/generators/.npm ## Generate clients from docs/openapi.json, and send with one of them
	@$(BIN)/python -m tests.generators

.PHONY: browser
browser: env $(TOOLS)/browser/.ready ## Test the console in Chromium, which has to be installed
	@REQUIRE_BROWSER=1 $(BIN)/python -m pytest -q tests/system/test_console_browser.py tests/entrypoints/test_console_rendering_in_a_browser.py

.PHONY: screenshots
screenshots: env $(TOOLS)/browser/.ready ## Write the pictures of the console for the documentation again
	@$(BIN)/python -m tests.screenshots

.PHONY: mutants
mutants: env ## Break one rule at a time and check that a test fails (MUTANT="the cursor" for some)
	@$(BIN)/python -m tests.mutants $(if $(MUTANT),"$(MUTANT)")

.PHONY: openapi
openapi: env ## Write docs/openapi.json
	@PYTHONPATH=shared $(BIN)/python -m infra.openapi

.PHONY: build
build: env ## Build for the cloud (RUNTIME=python3.13 ARCHITECTURE=arm64)
	@$(LOCAL) build $(BUILD_OPTIONS)

.PHONY: deploy
deploy: env ## Deploy to your AWS account: ENV=staging reads deploy/staging.toml, without ENV it asks
	@$(BIN)/python -m infra.deployment $(ENVIRONMENT) $(BUILD_OPTIONS)

.PHONY: clean
clean: ## Stop everything and remove all generated files
	@test ! -x $(BIN)/python || $(LOCAL) down
	@rm -rf .aws-sam .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis
