# Every target does its own set-up on a fresh Debian machine that has Rust.
.PHONY: demo test bench counts soak audit sbom reproducible fmt lint clean

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

# A steady feed, SIGKILL every minute, and an undisturbed run beside it: PALERMO_SOAK_MINUTES (60),
# PALERMO_SOAK_RATE payments a second (2500), PALERMO_SEED.
soak:
	@deploy/scripts/setup.sh test
	@PALERMO_SOAK_MINUTES=$${PALERMO_SOAK_MINUTES:-60} PALERMO_SOAK_RATE=$${PALERMO_SOAK_RATE:-2500} \
	    cargo test -p palermo-tests --test broker -- soak

# Known holes, licences and sources of everything that is built in; what that is, as CycloneDX JSON.
audit:
	@deploy/scripts/setup.sh build
	@deploy/scripts/audit.sh deny

sbom:
	@deploy/scripts/setup.sh build
	@deploy/scripts/audit.sh sbom

# Two release builds in two folders, compared byte by byte.
reproducible:
	@deploy/scripts/setup.sh build
	@deploy/scripts/reproducible.sh

fmt:
	@cargo fmt --all

lint:
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings

clean:
	@cargo clean
	@rm -rf deploy/kafka/run state
