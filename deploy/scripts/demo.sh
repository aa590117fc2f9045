#!/bin/sh
# `make demo`: builds, starts a Kafka where Java runs, plays the demo on it, stops it again.
#
# PALERMO_BOOTSTRAP=host:port uses a broker that exists, on this machine; one elsewhere needs the
# `kafka:` block of a configuration (`--config FILE`). Without Java, and where none can be installed,
# the demo plays on the in-memory log and says so in its first line. Arguments go to `palermo demo`.
set -eu
cd "$(dirname -- "$0")/../.."
kafka=deploy/kafka/kafka.sh

deploy/scripts/setup.sh build
cargo build --release -p palermo-cli

palermo=${CARGO_TARGET_DIR:-target}/release/palermo
case " ${PALERMO_BOOTSTRAP:+--bootstrap} $* " in
    *' --bootstrap'* | *' --config'* | *' -c '* | *' --memory '* | *' --kafka '*) exec "$palermo" demo "$@" ;;
esac
dir=$(mktemp -d "${TMPDIR:-/tmp}/palermo-demo-kafka.XXXXXX")
port=''
stop() {
    [ -z "$port" ] || "$kafka" stop --port "$port" --dir "$dir" --purge >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
# The demo ends in order at an interrupt; this script waits for it and stops the broker.
trap : INT
trap 'exit 143' TERM
# Ports below those that the system gives to clients; another one where the first is taken.
start() {
    for try in 0 1 2; do
        port=$((20000 + ($$ + try * 1777) % 6000 * 2))
        bootstrap=$("$kafka" start --port "$port" --dir "$dir") && return 0
        rm -rf "$dir"
    done
    return 1
}
if deploy/scripts/setup.sh kafka && start; then
    set -- --bootstrap "$bootstrap" "$@"
fi
code=0
"$palermo" demo "$@" || code=$?
exit "$code"
