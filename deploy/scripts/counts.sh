#!/bin/sh
# `make counts`: instructions a question of the store and of every graph search, under valgrind.
#
#   deploy/scripts/counts.sh [arguments of gungraun-runner, such as --save-baseline=before]
#
# Standard output has one line per figure, `bench <name> <value> instructions`; what changed against
# the last run, or against a baseline, goes to standard error with the exact totals.
# The runner must be of the version of the library: it is installed under target/, where it is missing.
# Exit codes: 0 counted, 1 something failed, 4 the set-up failed.
set -eu
cd "$(dirname -- "$0")/../.."

say() { printf 'counts: %s\n' "$*" >&2; }

deploy/scripts/setup.sh counts || exit 4

tools=${CARGO_TARGET_DIR:-$PWD/target}/tools
version=$(sed -n '/^name = "gungraun-runner"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock)
if [ "$("$tools/bin/gungraun-runner" --version 2>/dev/null)" != "gungraun-runner $version" ]; then
    say "building gungraun-runner $version (some minutes, once)"
    cargo install --quiet --locked --root "$tools" --version "=$version" gungraun-runner >&2 || exit 4
fi

questions=$(sed -n 's/^const QUESTIONS: usize = \([0-9]*\);$/\1/p' benches/counts/main.rs)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
PATH=$tools/bin:$PATH cargo bench --quiet -p palermo-benches --features counts --bench counts -- "$@" \
    >"$log" 2>&1 || { cat "$log" >&2; say 'something failed'; exit 1; }
cat "$log" >&2

# counts::<group>::<name> <id>:(…)
#   Instructions:   <new>|<old>   (…)
awk -v questions="$questions" '
    /^counts::/ { split($1, path, "::"); id = $2; sub(/:.*/, "", id) }
    $1 == "Instructions:" {
        split($2, total, "|")
        printf "bench count_%s_%s %.0f instructions\n", path[3], id, total[1] / questions
        figures++
    }
    END { exit figures == 0 }
' "$log" || { say 'no figure in what the runner printed'; exit 1; }
