# All a checkout needs, from Python 3.10 or newer with venv, make, and a package index that pip is configured for.
# Environments: .venv has the tool, the suites and the fork on the newest pinned release; .venvs/<release> has it on another release;
# .venvs/upstream-<release> has that release itself, and .venvs/bench-<release> the fork of it with no more beside it. Each is made when it
# is first needed, and brought up to date when its sources change.

PYTHON ?= python3
PORT ?= 4000
RELEASES := $(shell ls releases | sed -n 's/\.json$$//p' | sort -t. -k1,1n -k2,2n -k3,3n)
NEWEST := $(lastword $(RELEASES))
# What the suites run on in continuous integration: the oldest, the middle and the newest of those that were looked at closely.
CLOSELY := 1.81.3 1.109.3 $(NEWEST)
# `python -m fork move` tests the wheel of a release that it has not pinned yet.
WHEEL ?=

ifneq ($(if $(WHEEL)$(filter reach,$(MAKECMDGOALS)),,$(filter-out $(RELEASES),$(RELEASE))),)
$(error Release $(RELEASE) is not pinned. Pinned are: $(RELEASES). Name one of these, as in RELEASE=$(NEWEST), or pin it: python -m fork move $(RELEASE))
endif

ONE := $(or $(RELEASE),$(NEWEST))
env = $(if $(filter $(NEWEST),$1),.venv,.venvs/$1)
python = $(call env,$1)/bin/python
FORK := .venv/bin/python -m fork
UV := .venv/bin/uv
REQUIREMENTS := requirements/test.txt requirements/lint.txt
# What watches calls in tests/pressure/test_observers.py, on the releases of continuous integration: $1.
observers = $(if $(filter $1,$(CLOSELY)),requirements/observers.txt requirements/langfuse-$(if $(filter 1.81.3,$1),2,4).txt)
# Folders are among the sources, so that a file that was deleted counts as a change.
SOURCES := pyproject.toml fork.json intents.json $(wildcard fork/*.py) $(shell find litellm $(wildcard backports) -name __pycache__ -prune -o \( -name '*.py' -o -type d \) -print)
TESTED := $(if $(filter $(NEWEST),$(ONE)),tests,tests/wire tests/test_litellm tests/proxy tests/pressure)

# LiteLLM would fetch its price table from the network as it is imported.
export LITELLM_LOCAL_MODEL_COST_MAP := True
# What is compiled once need not be compiled in every run.
unexport PYTHONPATH PYTHONDONTWRITEBYTECODE

# A token in the environment is for `make demo` and for the live tests that are run by hand: what runs the suites spends nobody's quota.
WITHOUT_TOKEN := env -u ANTHROPIC_OAUTH_TOKEN

.DELETE_ON_ERROR:
.PHONY: help demo readme report proxy test-unit test-quick fuzz leaks soak compare reach mutants bench lint check notes upstream-pr clean

help: ## list what can be made
	@echo 'make TARGET [RELEASE=$(NEWEST)]    pinned: $(words $(RELEASES)), see docs/releases.md'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1 \2/p' $(MAKEFILE_LIST) | awk '{ name = $$1; $$1 = ""; printf "  %-12s%s\n", name, $$0 }'

compared = $(call python,$(ONE)) -m demo --fork $(call python,$(ONE)) --upstream .venvs/upstream-$(ONE)/bin/python

demo: $(call env,$(ONE))/installed .venvs/upstream-$(ONE)/installed ## show what goes out with an OAuth token, for the fork and for upstream (FULL=1: on every call path)
	@$(compared) $(if $(FULL),--full)

readme: $(call env,$(ONE))/installed .venvs/upstream-$(ONE)/installed ## run the demo and write the table and picture of README.md, and docs/calls/
	@$(compared) --readme

# The demo ends with 1 where a call was not right: that is for the page to show.
build/demo/$(ONE).json: $(call env,$(ONE))/installed .venvs/upstream-$(ONE)/installed $(wildcard demo/*.py tests/support/*.py)
	@$(compared) --record $@ || test $$? = 1

report: build/demo/$(ONE).json ## write a page to click through: what went out and came back on every call, and how each release fares
	@$(call python,$(ONE)) -m demo.report $(<D)

proxy: $(call env,$(ONE))/installed ## run the fork's proxy (PORT=4000), against the stand-in unless ANTHROPIC_API_BASE says otherwise
	@exec $(call python,$(ONE)) -m demo.proxy --port $(PORT)

test-unit: .venv/installed ## run the suites, on the newest pinned release unless RELEASE names one
	@$(MAKE) --silent $(call env,$(ONE))/installed
	@echo 'test-unit: $(TESTED) on release $(ONE)'
	@$(WITHOUT_TOKEN) $(call python,$(ONE)) -m pytest $(TESTED) --quiet --disable-warnings --numprocesses 3 \
		|| { echo 'test-unit: FAILED on release $(ONE). To see one test: $(call python,$(ONE)) -m pytest <its name above>'; exit 1; }
	@echo 'test-unit: all suites passed on $(ONE).'

fuzz: $(call env,$(ONE))/installed ## try the properties of tests/pressure on 200,000 generated cases and more, instead of some hundred
	@$(call python,$(ONE)) -m pytest tests/pressure --quiet --disable-warnings --numprocesses 2 --hypothesis-profile fuzz --cases-at-least 200000

leaks: .venv/installed .venvs/1.81.3/installed ## try all of tests/pressure on the newest and the oldest release, and write the table in docs/security.md
	@.venv/bin/python -m tests.pressure.leaks $(NEWEST)=.venv/bin/python 1.81.3=.venvs/1.81.3/bin/python

SECONDS ?= 600
soak: $(call env,$(ONE))/installed ## rounds of 2,000 clients on every route for ten minutes (SECONDS=), with refusals, cut-offs, a cache and a guardrail
	@$(call python,$(ONE)) -m tests.pressure.load --seconds $(SECONDS)

# What notices most slips soonest: the policy, where a token may go, the exit, the merge, the documents.
QUICK_SUITES := tests/wire/test_policy.py tests/wire/test_origins.py tests/wire/test_exit.py tests/wire/test_doctor.py tests/test_litellm \
	tests/fork/test_merge.py tests/fork/test_imports.py tests/test_front_door.py tests/test_report.py

test-quick: .venv/installed ## run the suites that notice most in well under a minute, for the loop while editing
	@$(WITHOUT_TOKEN) .venv/bin/python -m pytest $(QUICK_SUITES) -m 'not slow and not install' --quiet --disable-warnings --numprocesses 2

compare: $(call env,$(ONE))/installed .venvs/upstream-$(ONE)/installed ## show that the fork sends what upstream sends where no OAuth token is involved
	@$(call python,$(ONE)) -m tests.compare --pristine .venvs/upstream-$(ONE)/bin/python --fork $(call python,$(ONE))

reach: .venv/installed ## try every release (RELEASE=, SINCE=; SUITES=1: the suites, too), and write docs/releases.md and docs/releases.json
	@$(WITHOUT_TOKEN) .venv/bin/python -m tests.reach $(if $(SUITES),--suites) $(if $(RELEASE),--release $(RELEASE),$(if $(SINCE),--since $(SINCE)))

mutants: $(call env,$(ONE))/installed ## break the fork in one place at a time, and show that the suites notice each
	@$(WITHOUT_TOKEN) $(call python,$(ONE)) -m tests.mutants --release $(ONE)

bench: .venv/installed .venvs/bench-$(ONE)/installed .venvs/upstream-$(ONE)/installed ## measure the fork beside upstream and write docs/performance.md (QUICK=1: try the benchmark)
	@.venv/bin/python -m benchmarks.bench --fork .venvs/bench-$(ONE)/bin/python --upstream .venvs/upstream-$(ONE)/bin/python $(if $(QUICK),--quick)

clients: .venv/installed .venvs/clients/installed ## run real clients (Claude Code, SDKs) directly and through the proxy, and write docs/clients.md
	@.venv/bin/python -m tests.clients --environment .venvs/clients --write docs/clients.md

lint: .venv/installed ## ruff, mypy over the tool and over what is ours in the merged trees, and whether PATCH_NOTES.md is up to date
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy fork
	@.venv/bin/python -m tests.typecheck $(RELEASE)
	@$(FORK) notes --check
	@echo 'lint: all clean.'

check: .venv/bin/uv ## whether the pins still hold, of the releases that the suites run on unless RELEASE names one, with ALL=1 of all
	@for release in $(or $(RELEASE),$(if $(ALL),$(RELEASES),$(CLOSELY))); do $(FORK) check --release $$release || exit 1; done

notes: .venv/bin/uv ## write PATCH_NOTES.md from the overlays and their pins
	@$(FORK) notes

upstream-pr: $(call env,$(ONE))/installed ## write the fork as patches and pull request texts for upstream into build/upstream-pr/, and try those of the newest release
	@$(call python,$(ONE)) -m fork series --release $(ONE) $(if $(filter $(NEWEST),$(ONE)),--prove) build/upstream-pr/$(ONE)

clean: ## remove all that was built here; the cached upstream wheels stay
	rm -rf .venv .venvs build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache

# One line while a command runs; all that it said where it fails. $1: what it does. $2: the command.
folded = printf '%s ... ' '$1'; start=$$(date +%s); if said=$$($2 2>&1); then echo "$$(($$(date +%s) - start)) s"; \
	else echo 'failed:'; printf '%s\n' "$$said"; false; fi

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "error: $(PYTHON) is not Python 3.10 or newer. Name one that is: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "error: $(PYTHON) cannot make a virtual environment. Install its venv module (Debian: python3-venv) and try again."; exit 1; }
	@$(call folded,Making .venv with uv in it,.venv/bin/python -m pip install --disable-pip-version-check --requirement requirements/uv.txt)
	@touch $@

# Requirements of a release that the index does not have, each with the reason: uv takes them in place of what the release asks for.
override = $(addprefix --override ,$(shell .venv/bin/python -m tests.support.overrides $1))
install_fork = $(call folded,Building the fork of $1 and installing it into $(@D),LITELLM_FORK_UPSTREAM=$1 $(UV) pip install \
	--python $(@D)/bin/python --reinstall-package litellm $(override) '$(or $(WHEEL),.)[proxy]' \
	$(foreach file,$2,--requirement $(file))) && touch $@

.venv/installed: $(UV) $(SOURCES) $(REQUIREMENTS) $(call observers,$(NEWEST)) releases/$(NEWEST).json
	@$(call install_fork,$(NEWEST),$(REQUIREMENTS) $(call observers,$(NEWEST)))

.venvs/upstream-%/installed: $(UV) requirements/test.txt
	@$(UV) venv --quiet --clear --python .venv/bin/python $(@D)
	@$(call folded,Installing upstream $* into $(@D),$(UV) pip install --python $(@D)/bin/python "litellm[proxy]===$*" \
		$(call override,$*) --requirement requirements/test.txt)
	@touch $@

# What is beside upstream there, and nothing else: LiteLLM imports more where it finds what the suites watch calls with.
.venvs/bench-%/installed: $(UV) $(SOURCES) requirements/test.txt releases/%.json
	@$(UV) venv --quiet --clear --python .venv/bin/python $(@D)
	@$(call install_fork,$*,requirements/test.txt)

.venvs/clients/installed: $(UV) requirements/clients.txt tests/clients/package.json
	@command -v npm > /dev/null || { echo 'error: npm is not installed. make clients runs clients of its: install Node.js and npm, and try again.'; exit 1; }
	@echo 'Installing the clients into $(@D) (some 1 GB) ...'
	@$(UV) venv --quiet --clear --python .venv/bin/python $(@D)
	@$(UV) pip install --quiet --python $(@D)/bin/python --requirement requirements/clients.txt
	@cp tests/clients/package.json $(@D)/ && npm install --silent --no-audit --no-fund --prefix $(@D)
	@touch $@

.venvs/%/installed: $(UV) $(SOURCES) requirements/test.txt $(wildcard requirements/observers.txt requirements/langfuse-*.txt) $(or $(WHEEL),releases/%.json)
	@test -x $(@D)/bin/python || $(UV) venv --quiet --python .venv/bin/python $(@D)
	@$(call install_fork,$*,requirements/test.txt $(call observers,$*))
