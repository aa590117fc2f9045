#!/bin/sh
# `make test`: formatting, lints, fuzz targets that compile, alarms, unit, property, golden, architecture,
# rule, broker, browser and doc tests. The last line is the totals, counted from the real output:
# `N passed, N failed, N skipped`.
#
#   deploy/scripts/test.sh alarms    only the alarms, with promtool; builds nothing
#
# A step that fails does not hide the later ones. Broker, browser and alarm tests that cannot run (no Java,
# no Chromium, no promtool, and none can be installed) are ignored by name, counted as skipped, and fail
# under CI=true.
# Exit codes: 0 all passed, 1 something failed, 4 the set-up failed.
set -u
cd "$(dirname -- "$0")/../.." || exit 4

log=$(mktemp "${TMPDIR:-/tmp}/palermo-test.XXXXXX") || exit 4
trap 'rm -f "$log" "$log.step" "$log.rules"' EXIT
steps_passed=0 steps_failed=0 steps_skipped=0 failed_names=''

say() { printf '%s\n' "$*"; }

# Runs one step that is a test of its own: it passes or fails as a whole.
step() {
    name=$1
    shift
    say "== $name"
    if "$@"; then
        steps_passed=$((steps_passed + 1))
    else
        steps_failed=$((steps_failed + 1))
        failed_names="$failed_names $name"
        say "== $name FAILED"
    fi
}

# Runs a command and shows and keeps what it says; its exit code goes around the pipe.
kept() {
    to=$1
    shift
    { "$@" 2>&1; echo "exit $?" >"$log.step"; } | tee -a "$to"
    return "$(sed -n 's/^exit //p' "$log.step")"
}

# Adds up the N before a word in the lines `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
total() { sed -n "s/^test result:.* \([0-9]*\) $1.*/\1/p" "$log" | awk '{ n += $1 } END { print n + 0 }'; }

# The alarm rules, and the cases in which each fires and does not.
alarms() {
    promtool=$(command -v promtool) || promtool=${CARGO_TARGET_DIR:-target}/tools/bin/promtool
    "$promtool" check config deploy/prometheus/prometheus.yml &&
        "$promtool" check rules deploy/prometheus/palermo.rules.yml &&
        "$promtool" test rules deploy/prometheus/*.test.yml
}

test_alarms() {
    if deploy/scripts/setup.sh prometheus; then
        step alarms alarms
    elif [ "${CI:-}" = true ]; then
        step alarms false
    else
        say 'skipped: alarms (no promtool)'
        steps_skipped=$((steps_skipped + 1))
    fi
}

totals() {
    [ -z "$failed_names" ] || say "failed:$failed_names"
    say "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

case ${1:-} in
    '') ;;
    alarms)
        test_alarms
        passed=$steps_passed failed=$steps_failed skipped=$steps_skipped
        totals
        exit
        ;;
    *) say 'usage: test.sh [alarms]' >&2; exit 2 ;;
esac

deploy/scripts/setup.sh lint || exit 4
if [ -z "${PALERMO_BOOTSTRAP:-}" ]; then
    deploy/scripts/setup.sh kafka || say 'no Kafka: the broker tests cannot run'
fi

deploy/scripts/setup.sh browser || say 'no browser: the tests of pages cannot run'

step formatting cargo fmt --all --check
step lints cargo clippy --workspace --all-targets --quiet -- -D warnings
# A workspace of its own, so nothing else compiles it; running it needs a nightly compiler.
step fuzz-targets cargo check --locked --quiet --manifest-path tests/fuzz/Cargo.toml \
    --target-dir "${CARGO_TARGET_DIR:-target}"
test_alarms

# Unit, property, golden, architecture, end-to-end, broker and doc tests.
say '== tests'
if ! kept "$log" cargo test --workspace --no-fail-fast; then
    failed_names="$failed_names tests"
    # No test was reported as failed: something did not build, or a binary died.
    grep -q '^test result: FAILED' "$log" || steps_failed=$((steps_failed + 1))
fi

# shellcheck disable=SC2046
step reliability cargo run --quiet -p palermo-tests --bin reliability -- "$log" \
    $([ -z "${UPDATE_DOCS:-}" ] || echo --write)

say '== rules'
rules_passed=0 rules_failed=0
: >"$log.rules"
# With the features that the tests were built with: of that package alone everything would be built again.
if ! cargo build --quiet --workspace --bin palermo ||
    ! kept "$log.rules" "${CARGO_TARGET_DIR:-target}/debug/palermo" rules test; then
    failed_names="$failed_names rules"
    rules_failed=1
fi
counts=$(sed -n 's/^[0-9]* tests  \([0-9]*\) ok  \([0-9]*\) failed .*/\1 \2/p' "$log.rules")
if [ -n "$counts" ]; then
    rules_passed=${counts% *} rules_failed=${counts#* }
fi

passed=$(($(total passed) + steps_passed + rules_passed))
failed=$(($(total failed) + steps_failed + rules_failed))
skipped=$(($(total ignored) + steps_skipped))
sed -n 's/^test \(.*\) \.\.\. ignored.*/skipped: \1/p' "$log"
sed -n 's/^test \(.*\) \.\.\. FAILED.*/failed: \1/p' "$log"
totals
