#!/bin/sh
# Brings a fresh Debian machine that has Rust to where Palermo builds, and its demo and tests run.
#
#   deploy/scripts/setup.sh build    what compiling needs: C compiler, make, pkg-config, OpenSSL and zlib
#   deploy/scripts/setup.sh lint     that, and rustfmt and clippy
#   deploy/scripts/setup.sh kafka    what the local Kafka and its tests need: Java, openssl, maven (once), the
#                                    pinned jars
#   deploy/scripts/setup.sh browser  what the tests of pages need: Chromium
#   deploy/scripts/setup.sh prometheus  what the tests of alarms need: promtool and Prometheus, under target/tools
#   deploy/scripts/setup.sh test     all of it but the browser and promtool
#   deploy/scripts/setup.sh counts   what compiling needs, and valgrind
#
# Installs only what is missing, so a second call takes no time. As root (or with sudo that asks no
# password) it installs with apt-get; otherwise it names the packages and exits 4.
# Tests run with plain `cargo test`: building cargo-nextest takes 7 minutes on two cores, longer
# than it could save here.
# Exit codes: 0 ready, 2 usage, 4 something is missing and could not be installed.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
kafka=$here/../kafka/kafka.sh

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 4; }
have() { command -v "$1" >/dev/null 2>&1; }

missing=''
need() { missing="$missing $1"; }

# The compiler must be at least the one that Cargo.toml asks for.
check_rust() {
    have cargo || fail 'no `cargo` found: install Rust first (rustup, the version in Cargo.toml)'
    have rustc || fail 'no `rustc` found: install Rust first (rustup, the version in Cargo.toml)'
    wanted=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' "$here/../../Cargo.toml")
    found=$(rustc --version | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
    oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
    [ "$oldest" = "$wanted" ] || {
        do_this='install a newer Rust'
        have rustup && do_this='run `rustup update stable` (and look at `rustup show`: an override may hold an old one)'
        fail "rustc is $found and Cargo.toml asks for $wanted or newer: $do_this"
    }
}

# Distributions and minimal profiles leave these out.
check_tools() {
    absent=''
    cargo fmt --version >/dev/null 2>&1 || absent="$absent rustfmt"
    cargo clippy --version >/dev/null 2>&1 || absent="$absent clippy"
    [ -n "$absent" ] || return 0
    have rustup || fail "please install, in the version of rustc ($(rustc --version)):$absent"
    say "adding$absent"
    # shellcheck disable=SC2086
    rustup component add $absent >&2 || fail "rustup could not add:$absent"
}

check_build() {
    have gcc || need gcc
    have g++ || need g++
    have make || need make
    if have pkg-config; then
        pkg-config --exists openssl || need libssl-dev
        pkg-config --exists zlib || need zlib1g-dev
    else
        need pkg-config
        need libssl-dev
        need zlib1g-dev
    fi
}

check_kafka() {
    major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${major:-0}" -ge 17 ] || need default-jre-headless
    # Makes the certificates of the tests of secured connections.
    have openssl || need openssl
    # Maven is wanted only until the jars are there.
    "$kafka" installed || have mvn || need maven
}

check_browser() {
    have chromium || have chromium-browser || have google-chrome || need chromium
}

# Both are in Debian's package `prometheus`, which would start a service where it is installed.
# So the package is fetched and unpacked, and nothing is installed; that needs no root.
unpack_prometheus() {
    tools=${CARGO_TARGET_DIR:-$here/../../target}/tools
    if [ -x "$tools/bin/promtool" ] && [ -x "$tools/bin/prometheus" ]; then return 0; fi
    if have promtool && have prometheus; then return 0; fi
    have apt-get && have dpkg-deb || fail 'please install Prometheus'
    say 'fetching promtool and Prometheus (Debian package prometheus)'
    part=$(mktemp -d)
    log=$part/log
    # Without lists of packages, as in a container, they are fetched first where we may.
    fetch() { (cd "$part" && apt-get download -qq prometheus) >>"$log" 2>&1; }
    if ! fetch; then
        if [ "$(id -u)" -eq 0 ]; then
            apt-get update -qq >>"$log" 2>&1 || true
        elif have sudo && sudo -n true 2>/dev/null; then
            sudo -n apt-get update -qq >>"$log" 2>&1 || true
        fi
        fetch || true
    fi
    if ! { mkdir -p "$tools/bin" && dpkg-deb -x "$part"/prometheus_*.deb "$part/unpacked" &&
        mv "$part/unpacked/usr/bin/promtool" "$part/unpacked/usr/bin/prometheus" "$tools/bin/"; } >>"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -rf "$part"
        fail 'Prometheus could not be fetched; please install it'
    fi
    rm -rf "$part"
}

install_missing() {
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    set -- $missing
    have apt-get || fail "please install (names of Debian packages): $*"
    if [ "$(id -u)" -eq 0 ]; then
        as_root=''
    elif have sudo && sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        fail "not root; please run: apt-get install $*"
    fi
    say "installing $*"
    log=$(mktemp)
    if ! { $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
        >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: $*"
    fi
    rm -f "$log"
}

case ${1:-} in
    build | lint | test | counts)
        check_rust
        check_build
        ;;
    kafka | browser | prometheus) ;;
    *) say 'usage: setup.sh build | lint | kafka | browser | prometheus | test | counts'; exit 2 ;;
esac
case $1 in lint | test) check_tools ;; esac
case $1 in kafka | test) check_kafka ;; esac
[ "$1" != browser ] || check_browser
[ "$1" != counts ] || have valgrind || need valgrind
install_missing
case $1 in kafka | test) "$kafka" install ;; esac
[ "$1" != prometheus ] || unpack_prometheus
