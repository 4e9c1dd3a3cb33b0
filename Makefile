PYTHON ?= python3
STACK ?= local
PACKAGES := __main__.py config identity summary components devnet standin bench testkit tests
RUN := .venv/bin/python
SYNCED := .venv/.synced
# Two workers. The tests of a file stay in one worker: they share servers that take seconds to start. The files keep
# the order of tests/conftest.py, with the long ones first.
PYTEST := $(RUN) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
# Lock files contain only hashes.
SCANNED = $$(git ls-files -- . ':!requirements*.txt' ':!*.sum' ':!*package-lock.json' ':!.secrets.baseline')

# Each run starts several Python processes. Without cached bytecode, each compiles its libraries again, for seconds.
unexport PYTHONDONTWRITEBYTECODE

STACKS := $(patsubst Pulumi.%.yaml,%,$(wildcard Pulumi.*.yaml))

# Before anything is built: a misspelt stack would only be found when the cluster runs.
ifneq ($(filter preview,$(MAKECMDGOALS)),)
ifeq ($(filter $(STACK),$(STACKS)),)
$(error stack '$(STACK)' does not exist; the stacks are $(STACKS))
endif
endif

.DEFAULT_GOAL := help
.PHONY: help local local-down devnet tools unit test test-program test-chain test-cluster test-e2e mutants kills bench bench-chain check format preview lock secrets-baseline

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-18s %s\n' "$$name" "$$text"; done

local: devnet ## cluster, chain, 7 identities and 5 running nodes on this machine
	$(RUN) -m devnet stack up local --yes --skip-preview --suppress-outputs

local-down: $(SYNCED) ## destroy the local stack, stop cluster and chain, remove their files
	if $(RUN) -m devnet status > /dev/null 2>&1; then $(RUN) -m devnet stack destroy local --yes --skip-preview \
		|| echo 'the stack was not destroyed (see above); it is removed with cluster and chain'; fi
	$(RUN) -m devnet down

devnet: $(SYNCED) ## start cluster and chain only
	$(RUN) -m devnet up

tools: $(SYNCED) ## find, download or build the tools of cluster, chain and tests
	$(RUN) -m devnet tools

unit: $(SYNCED) ## the unit tests, without any tool (about a minute)
	$(PYTEST) -m unit --hypothesis-profile unit --dist worksteal

test: tools ## all tests: unit, program, chain, cluster and e2e, with the time of each layer
	$(PYTEST)

test-program: $(SYNCED) ## the program's resources, registered with a recording engine
	$(PYTEST) -m program --dist worksteal

test-chain: $(SYNCED) ## the chain tests, on anvil
	$(PYTEST) -m chain

test-cluster: tools ## the cluster tests: control plane, devnet, stand-in provider
	$(PYTEST) -m cluster

test-e2e: tools ## the end-to-end tests: the Pulumi engine runs the program on devnet
	$(PYTEST) -m e2e

mutants: $(SYNCED) ## mutation tests of the modules that decide (about 5 minutes): docs/mutants.md
	$(RUN) -m testkit.mutants $(MODULES)

kills: tools ## kill pulumi at random moments: make kills SEEDS=100 (about 90 minutes)
	$(RUN) -m testkit.kills --seeds $(or $(SEEDS),100)

bench: tools ## all benchmarks, into bench/results
	$(RUN) -m bench

bench-chain: tools ## gas, transactions and time on chain, compared with hopli (about 4 minutes)
	$(RUN) -m bench chain

check: $(SYNCED) ## format, lint, types, import rules, secrets
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy $(PACKAGES)
	.venv/bin/lint-imports
	@# The scanner rewrites its baseline and exits with 3 when only line numbers changed, so it gets a copy.
	cp .secrets.baseline .venv/.secrets; .venv/bin/detect-secrets-hook --baseline .venv/.secrets $(SCANNED) || [ $$? -eq 3 ]

format: $(SYNCED) ## fix what ruff can fix by itself
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

preview: devnet ## preview a stack on devnet: make preview STACK=local|rotsee|dufour
	$(RUN) -m devnet stack preview $(STACK)

lock: $(SYNCED) ## resolve the requirements*.in files again
	for part in "" -dev -job -uv; do .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 requirements$$part.in -o requirements$$part.txt || exit; done

secrets-baseline: $(SYNCED) ## accept the current findings of the secret scanner, after a review of each
	@# Commits to which actions are pinned look like keys.
	.venv/bin/detect-secrets scan --exclude-lines 'uses: [a-z-]+/[a-z-]+@[0-9a-f]{40}' $(SCANNED) > .secrets.baseline

$(SYNCED): requirements.txt requirements-dev.txt requirements-uv.txt devnet/virtualenv.sh
	PYTHON=$(PYTHON) devnet/virtualenv.sh
