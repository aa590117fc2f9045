#!/bin/sh
# `make reproducible`: builds the release twice, from copies of the committed files in two folders with names
# of different length, and compares the two commands byte by byte.
#
# The same sources, lock file and compiler give the same command wherever they are built: paths are mapped
# to /src and /cargo, times to that of the commit. Takes two release builds, twenty minutes on two cores.
# Exit codes: 0 equal, 1 they differ, 4 something could not be built.
set -eu
cd "$(dirname -- "$0")/../.."

say() { printf 'reproducible: %s\n' "$*" >&2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/palermo-reproducible.XXXXXX")
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
# What build.rs would ask git for, which the copies do not have.
PALERMO_GIT=$(git rev-parse --short=12 HEAD)
export SOURCE_DATE_EPOCH PALERMO_GIT
cargo_home=${CARGO_HOME:-$HOME/.cargo}

build() {
    at=$work/$1
    mkdir -p "$at"
    git archive HEAD | tar -x -C "$at"
    # C code (librdkafka, jemalloc, zstd) names its files in assertions.
    map="-ffile-prefix-map=$at=/src -ffile-prefix-map=$cargo_home=/cargo"
    (cd "$at" && env -u CARGO_TARGET_DIR CFLAGS="$map" CXXFLAGS="$map" \
        RUSTFLAGS="--remap-path-prefix=$at=/src --remap-path-prefix=$cargo_home=/cargo" \
        cargo build --release --locked -p palermo-cli >&2) || exit 4
    cp "$at/target/release/palermo" "$work/palermo-$1"
    rm -rf "$at"
}

build one
build a-folder-with-a-longer-name
if cmp "$work/palermo-one" "$work/palermo-a-folder-with-a-longer-name" >&2; then
    sha256sum <"$work/palermo-one" | sed 's/ .*//'
else
    say 'the two builds differ'
    exit 1
fi
