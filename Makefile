# The two commands: make compare, make test. The environment goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: compare compare-entry test types pytest test-thorough test-diffusion bench interop interop-learners clean

# A stamp per set of extras: nothing is installed again until pyproject.toml or constraints.txt changes.
$(VENV)/%.stamp: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing genmarket_env[$*] into $(VENV)"
	@$(PIP) install -q -c constraints.txt -e '.[$*]'
	@touch $@

compare: $(VENV)/train.stamp
	$(BIN)/python -m train.compare --platforms 2 --platforms 3 --out results/compare

compare-entry: $(VENV)/train.stamp
	$(BIN)/python -m train.compare_entry --out results/compare-entry

# The types beside the tests: mypy takes one core.
test: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types pytest

types:
	$(BIN)/mypy

pytest:
	$(BIN)/pytest -rs -n $(WORKERS) --dist worksteal

# The property tests with many more examples: all, or of seven parts the one of index PART. SEED makes a run repeat.
test-thorough: $(VENV)/test.stamp
	GENMARKET_THOROUGH=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal tests \
		$(if $(PART),--part $(PART)) $(if $(SEED),--hypothesis-seed $(SEED))

# The tests that need the extra diffusion; make test skips them where it is not installed.
test-diffusion: $(VENV)/test.stamp $(VENV)/diffusion.stamp
	$(BIN)/pytest -rs tests/train/diffusion

bench: $(VENV)/bench.stamp
	$(BIN)/python -m benchmarks --out results/bench

# The snippets of docs/interop.md, each in an environment of its own: RLlib pins gymnasium, AgileRL pettingzoo.
interop: interop-sb3 interop-rllib interop-torchrl interop-skrl interop-tianshou interop-agilerl interop-minari interop-ippo interop-games interop-openspiel

# Each learner of another library on a game that it takes, for a few rounds; those whose library pip can install.
LEARNERS := sb3-ppo sb3-a2c sb3-dqn rllib-ppo rllib-league torchrl-ippo torchrl-mappo openspiel-psro openspiel-nfsp
interop-learners: $(VENV)/train.stamp
	@for library in sb3 rllib torchrl openspiel; do \
		$(MAKE) --no-print-directory $(VENV)-interop-$$library/stamp || echo "pip cannot install interop-$$library here"; \
	done
	@failed=; \
	compare() { \
		test -e $(VENV)-interop-$${1%%-*}/stamp || return 0; \
		$(BIN)/python -m train.compare -l $$1 --rounds 24 --seeds 1 --out results/interop/$$1 --game $$2 || failed="$$failed $$1"; \
	}; \
	for learner in $(LEARNERS); do compare $$learner accuracy-market; done; \
	for learner in sb3-sac sb3-td3; do compare $$learner pricing-duopoly; done; \
	test -z "$$failed" || { echo "interop-learners:$$failed failed, for the reasons above"; exit 1; }

interop-%:
	@if $(MAKE) --no-print-directory $(VENV)-interop-$*/stamp; then \
		mkdir -p results/interop && \
		$(VENV)-interop-$*/bin/python docs/interop/snippet.py $* > results/interop/snippet_$*.py && \
		$(VENV)-interop-$*/bin/python results/interop/snippet_$*.py; \
	else \
		echo "interop-$* is skipped: pip cannot install genmarket_env[interop-$*] here, for the reason above"; \
	fi

.PRECIOUS: $(VENV)-interop-%/stamp
$(VENV)-interop-%/stamp: pyproject.toml constraints.txt
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@echo "installing genmarket_env[interop-$*] into $(@D)"
	@$(@D)/bin/python -m pip --disable-pip-version-check install -q -c constraints.txt -e '.[interop-$*]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-interop-* results
