# Every target does its own set-up on a fresh Debian machine that has Rust.
.PHONY: demo test bench counts soak fmt lint clean

# `cargo build` stays the product: never --workspace for a release.
demo:
	@deploy/scripts/demo.sh

test:
	@deploy/scripts/test.sh

bench:
	@deploy/scripts/setup.sh test
	@cargo bench -p palermo-benches

# ARGS=--save-baseline=NAME keeps these counts, ARGS=--baseline=NAME compares with them.
counts:
	@deploy/scripts/counts.sh $(ARGS)

# Kills and restarts under other seeds until something is wrong or somebody presses ctrl-c.
soak:
	@deploy/scripts/setup.sh test
	@while cargo test -p palermo-tests --test broker -- crash; do :; done

fmt:
	@cargo fmt --all

lint:
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings

clean:
	@cargo clean
	@rm -rf deploy/kafka/run state
