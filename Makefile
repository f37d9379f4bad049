# Names for the scripts; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test nightly extras lint fuzz bench bench-gate fault-peers soak clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

setup: ## install what is missing: system packages, virtual environment, frontend
	@./script/setup

build: ## build the frontend and install the checkout, editable
	@./script/build

demo: ## train, pack, serve and query a small model
	@./script/demo

test: ## run everything that must hold before a change goes in
	@./script/test

nightly: ## run what takes long: both profiles, histories, fuzz, soak, peers, benchmarks (NIGHTLY_SKIP leaves parts out)
	@./script/nightly

extras: ## run the suites with released peers and clients, each in an environment of its own
	@./script/extras

lint: ## check style and types
	@./script/lint

fuzz: ## feed the parsers with damaged input, each for FUZZ_SECONDS (60)
	@./script/fuzz

bench: ## measure next to released peers, write docs/performance.md
	@./script/bench && ./script/bench --report

bench-gate: ## compare what `make bench` measured with the floors of a release
	@./script/bench --gate

soak: ## load a server for SOAK_SECONDS (300) with random faults (SOAK_SEED) and check invariants
	@./script/soak

fault-peers: ## play the same faults on released peers, write the table in docs/reliability.md
	@./test/fault/peers/run

clean: ## remove what builds and tests have made (the virtual environment stays)
	@rm -rf build dist ts/frontend ts/_wire/*.so frontend/*/build .gradle .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
