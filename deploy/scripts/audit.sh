#!/bin/sh
# `make audit`: known holes, licences, sources and banned crates, by cargo-deny and deploy/deny.toml.
# `make sbom`:  what the command is made of, as CycloneDX JSON in target/sbom/palermo.cdx.json.
#
#   audit.sh deny | sbom
#
# The tools are installed under target/tools where they are missing; building one takes some minutes, once.
# Advisories are fetched from the RustSec database: this needs the network.
# Exit codes: 0 fine, 1 something was found, 2 usage, 4 a tool could not be installed.
set -eu
cd "$(dirname -- "$0")/../.."

say() { printf 'audit: %s\n' "$*" >&2; }
tools=${CARGO_TARGET_DIR:-$PWD/target}/tools

tool() {
    if [ -x "$tools/bin/$1" ]; then return 0; fi
    say "building $1 (some minutes, once)"
    cargo install --quiet --locked --root "$tools" "$1" >&2 || exit 4
}

case ${1:-} in
    deny)
        tool cargo-deny
        PATH=$tools/bin:$PATH cargo deny --config deploy/deny.toml check || exit 1
        ;;
    sbom)
        tool cargo-cyclonedx
        out=${CARGO_TARGET_DIR:-target}/sbom
        mkdir -p "$out"
        PATH=$tools/bin:$PATH cargo cyclonedx --format json --spec-version 1.5 \
            --manifest-path crates/palermo-cli/Cargo.toml --override-filename palermo.cdx >&2
        # Our own crates are named by the folder that they were read from, which is nobody's business.
        sed "s|file://$PWD/|file:///src/|g" crates/palermo-cli/palermo.cdx.json >"$out/palermo.cdx.json"
        # One file for each member of the workspace; what is released is the command.
        find crates benches tests -name palermo.cdx.json -delete
        echo "$out/palermo.cdx.json"
        ;;
    *) say 'usage: audit.sh deny | sbom'; exit 2 ;;
esac
