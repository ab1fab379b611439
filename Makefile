# The commands of this project. `make demo` and `make test` do all the set-up they need.
SHELL := /bin/bash
# A failed build must not pass because the filter behind it was content.
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

BUILD := swift build --explicit-target-dependency-import-check error
# Nothing loads symbols from the program: without them it is 0.8 MB smaller. Its fifty thousand relocations as a bitmap
# are 1.2 MB less; glibc 2.36 reads that (as old as the libssl 3 that it needs anyway), lld writes it.
RELEASE := $(BUILD) -c release --static-swift-stdlib --product fleetctl -Xswiftc -use-ld=lld \
  -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs

.PHONY: help
help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup:
	@scripts/setup.sh build

.PHONY: build
build: setup ## Build the release binary, .build/release/fleetctl.
	@$(RELEASE) 2>&1 | scripts/quiet-build.sh
	@strip -o .build/fleetctl .build/release/fleetctl && ls -l .build/fleetctl | awk '{print "built .build/fleetctl, " int($$5/1000000) " MB"}'

.PHONY: demo
demo: build ## Boot nine machines, validate, plan, apply, plan again: no changes.
	@scripts/setup.sh test
	@lab/demo.sh

.PHONY: test
test: ## Run all tests; what this machine cannot run is skipped and named.
	@scripts/setup.sh test
	@scripts/test.sh

.PHONY: check
check: ## Lint, build with the import check, unit tests: what a change must pass.
	@swift format lint --strict --recursive Sources Tests Fuzz Package.swift
	@$(BUILD) --build-tests 2>&1 | scripts/quiet-build.sh
	@swift test --skip-build 2>&1 | scripts/quiet-test.sh

.PHONY: format
format: ## Format the sources in place.
	@swift format -i --recursive Sources Tests Fuzz Package.swift

.PHONY: embed
embed: ## Regenerate the embedded copies of roles/ and fleet.yaml.
	@scripts/embed-roles.sh

.PHONY: schema
schema: ## Regenerate the JSON Schemas in docs/.
	@$(BUILD) --product fleetctl 2>&1 | scripts/quiet-build.sh
	@scripts/render-schemas.sh .build/debug/fleetctl

.PHONY: sanitize
sanitize: setup ## Run the SSH tests under the memory and the thread sanitizer; SESSIONS=64.
	@scripts/sanitize.sh

.PHONY: fuzz
fuzz: setup ## Fuzz the readers of files; FUZZ_SECONDS=600, TARGETS="fleet role template answer plan".
	@Fuzz/run.sh $(or $(FUZZ_SECONDS),600) $(TARGETS)

.PHONY: bench-hostile
bench-hostile: build ## Time and memory of the costliest files that the limits allow.
	@Benchmarks/hostile/run.sh

.PHONY: docs
docs: ## Regenerate docs/roles.md and docs/rules.md from the data.
	@swift run fleetctl explain --all --format markdown >docs/rules.md.new && mv docs/rules.md.new docs/rules.md
	@swift run fleetctl roles export >docs/roles.md.new && mv docs/roles.md.new docs/roles.md

.PHONY: bench
bench: build ## Measure against the peers and print ratios.
	@Benchmarks/run.sh

.PHONY: bench-ssh
bench-ssh: build ## Measure over SSH against the floor, pyinfra, Mitogen and Ansible; ARGS=--quick.
	@Benchmarks/ssh/run.sh $(ARGS)

.PHONY: simulate
simulate: setup ## Apply over simulated nodes: SIM_RUNS=1000 SIM_SEED=1, SIM_REPLAY=SEED.
	@$(BUILD) -c release --product fleetsim 2>&1 | scripts/quiet-build.sh
	@.build/release/fleetsim --runs $(or $(SIM_RUNS),1000) --seed $(or $(SIM_SEED),1) \
	  $(if $(SIM_REPLAY),--replay $(SIM_REPLAY)) $(if $(SIM_DEFECT),--defect $(SIM_DEFECT))

.PHONY: lab-up
lab-up: ## Boot the nine machines of the lab.
	@scripts/setup.sh test
	@lab/up.sh

.PHONY: faults
faults: ## Try every fault at every phase on real machines; goes on where it was cut off.
	@scripts/setup.sh test
	@$(BUILD) --product fleetctl 2>&1 | scripts/quiet-build.sh
	@lab/faults/all.sh

.PHONY: fifty
fifty: ## Fifty machines, five of them bad in five ways, and what apply makes of it.
	@scripts/setup.sh test
	@$(BUILD) --product fleetctl 2>&1 | scripts/quiet-build.sh
	@lab/fifty.sh

.PHONY: operators
operators: ## Twenty clients, a hundred rounds each, at one machine; ARGS="--clients 6 --rounds 5".
	@scripts/setup.sh test
	@$(BUILD) --product fleetctl 2>&1 | scripts/quiet-build.sh
	@lab/operators.sh .build/debug/fleetctl $(ARGS)

.PHONY: lab-down
lab-down: ## Stop and remove them.
	@lab/down.sh
