#!/bin/sh
# Runs a small real Kafka for the demo, the tests and the benches. Several instances may run at once:
# each has its own port and its own directory.
#
#   kafka.sh install                        fetch the pinned jars (needs maven once; nothing to do later)
#   kafka.sh installed                      exit 0 when they are there, 1 when not
#   kafka.sh start  [--port N] [--dir D]    start and wait until it answers; prints the bootstrap address
#   kafka.sh stop   [--port N] [--dir D] [--purge] [--kill]
#                                           stop; --kill without letting it close its logs;
#                                           --purge also removes the instance's directory
#   kafka.sh status [--port N] [--dir D]    prints the bootstrap address, exit 0; exit 1 when it is down
#
# An instance takes port N (clients, default 19092) and N+1 (its controller), both on loopback. Its
# directory D (default deploy/kafka/run/N, not in git) holds data/, server.properties, kafka.pid, kafka.log
# and kafka.log.1, that of the start before. stdout is the bootstrap address alone; everything else goes to stderr.
# Exit codes: 0 fine, 1 down, 2 usage, 4 environment (no Java, no maven, a port in use).
# KAFKA_HEAP (default 384m) sets the heap. KAFKA_PROXIED=P:A adds a listener on loopback port P whose
# clients are led to port A: there a test puts a proxy. KAFKA_EXTRA=FILE adds the properties in FILE, which
# count more than those before them and may name @PORT@, @PORT+2@, @PORT+3@ and @CONTROLLER_PORT@. KAFKA_SCRAM='user=password …'
# makes these users (SCRAM-SHA-512) when the directory is new.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
jars=$here/jars
# 22 characters of base64: `PalermoKafkaTest`.
cluster_id=UGFsZXJtb0thZmthVGVzdA

say() { printf 'kafka: %s\n' "$*" >&2; }
fail() { code=$1; shift; say "$*"; exit "$code"; }

need_java() {
    command -v java >/dev/null 2>&1 ||
        fail 4 'no `java` found: install Java 17 or newer (Debian: apt-get install default-jre-headless)'
    major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${major:-0}" -ge 17 ] || fail 4 "java is version ${major:-unknown}, Kafka needs 17 or newer"
}

# The stamp is the pom itself: another version in the pom means another set of jars.
installed() { [ -f "$jars/pom.installed" ] && cmp -s "$here/pom.xml" "$jars/pom.installed"; }

install() {
    if installed; then return 0; fi
    need_java
    command -v mvn >/dev/null 2>&1 ||
        fail 4 'no `mvn` found to fetch the Kafka jars: install it (Debian: apt-get install maven)'
    say 'fetching the Kafka jars (about 45 MB, once)'
    # A copy beside the target that is moved when complete: two installs at once do no harm.
    fresh=$here/jars.$$
    trap 'rm -rf "$fresh"' EXIT
    mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
        "-DoutputDirectory=$fresh" >&2 || fail 4 'maven could not fetch the jars; its words are above'
    cp "$here/pom.xml" "$fresh/pom.installed"
    rm -rf "$jars"
    mv "$fresh" "$jars" 2>/dev/null || installed || fail 4 "could not write $jars"
    trap - EXIT
}

# The pid of the running instance, or nothing.
running() {
    [ -f "$dir/kafka.pid" ] || return 1
    pid=$(cat "$dir/kafka.pid")
    kill -0 "$pid" 2>/dev/null || return 1
    # Not a stranger that got the same pid later.
    [ ! -r "/proc/$pid/cmdline" ] || tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$dir/server.properties"
}

java_kafka() {
    exec java "-Xms$heap" "-Xmx$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true \
        -cp "$jars/*" "-Dlog4j2.configurationFile=$here/log4j2.properties" "$@"
}

# Of two lines with one key the later counts.
proxied() {
    echo "listeners=PLAINTEXT://127.0.0.1:$port,PROXIED://127.0.0.1:${KAFKA_PROXIED%:*},CONTROLLER://127.0.0.1:$((port + 1))"
    echo "advertised.listeners=PLAINTEXT://127.0.0.1:$port,PROXIED://127.0.0.1:${KAFKA_PROXIED#*:}"
    echo 'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT'
}

# One `--add-scram` a user.
scram() {
    for user in ${KAFKA_SCRAM:-}; do
        printf '%s\n' "--add-scram" "SCRAM-SHA-512=[name=${user%%=*},password=${user#*=}]"
    done
}

start() {
    if running; then echo "127.0.0.1:$port"; return 0; fi
    need_java
    install
    mkdir -p "$dir/data"
    sed -e "s|@PORT@|$port|g" -e "s|@CONTROLLER_PORT@|$((port + 1))|g" -e "s|@DATA@|$dir/data|g" \
        "$here/server.properties" >"$dir/server.properties"
    if [ -n "${KAFKA_PROXIED:-}" ]; then proxied >>"$dir/server.properties"; fi
    if [ -n "${KAFKA_EXTRA:-}" ]; then
        sed -e "s|@PORT@|$port|g" -e "s|@CONTROLLER_PORT@|$((port + 1))|g" -e "s|@PORT+2@|$((port + 2))|g" \
            -e "s|@PORT+3@|$((port + 3))|g" "$KAFKA_EXTRA" >>"$dir/server.properties"
    fi
    if [ ! -f "$dir/data/meta.properties" ]; then
        # shellcheck disable=SC2046
        (heap=64m; java_kafka kafka.tools.StorageTool format --standalone -t "$cluster_id" \
            -c "$dir/server.properties" $(scram)) >"$dir/format.log" 2>&1 ||
            fail 4 "could not format $dir/data: $(tail -n 3 "$dir/format.log")"
    fi
    if [ -f "$dir/kafka.log" ]; then mv "$dir/kafka.log" "$dir/kafka.log.1"; fi
    : >"$dir/kafka.log"
    # Its own session where possible: an interrupt on the terminal is for the program that started it.
    if command -v setsid >/dev/null 2>&1; then detach=setsid; else detach=; fi
    # shellcheck disable=SC2086
    $detach nohup java "-Xms$heap" "-Xmx$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 \
        -Djava.awt.headless=true "-Dlog4j2.configurationFile=$here/log4j2.properties" \
        -cp "$jars/*" kafka.Kafka "$dir/server.properties" >>"$dir/kafka.log" 2>&1 </dev/null &
    echo $! >"$dir/kafka.pid"
    wait_until_up
    echo "127.0.0.1:$port"
}

# The broker says `Kafka Server started` when its registration is through and its listener takes requests.
wait_until_up() {
    tries=0
    until grep -q 'Kafka Server started' "$dir/kafka.log"; do
        tries=$((tries + 1))
        if ! running; then
            rm -f "$dir/kafka.pid"
            say "$(grep -E 'ERROR|FATAL|Exception' "$dir/kafka.log" | head -n 3)"
            fail 4 "the broker stopped at its start (is port $port or $((port + 1)) in use?); see $dir/kafka.log"
        fi
        [ "$tries" -le 600 ] || fail 4 "the broker does not answer after 60 s; see $dir/kafka.log"
        sleep 0.1
    done
}

stop() {
    if running; then
        if [ "$hard" = yes ]; then kill -KILL "$pid"; else kill -TERM "$pid"; fi
        tries=0
        while kill -0 "$pid" 2>/dev/null; do
            tries=$((tries + 1))
            [ "$tries" -ne 200 ] || kill -KILL "$pid" 2>/dev/null || true
            sleep 0.1
        done
    fi
    rm -f "$dir/kafka.pid"
    if [ "$purge" = yes ]; then rm -rf "$dir"; fi
}

status() {
    if running && grep -q 'Kafka Server started' "$dir/kafka.log"; then
        echo "127.0.0.1:$port"
    else
        say "not running on port $port"
        exit 1
    fi
}

usage() { fail 2 'usage: kafka.sh install | installed | start | stop | status  [--port N] [--dir D] [--purge] [--kill]'; }

[ $# -ge 1 ] || usage
command=$1
shift
port=19092 dir='' purge=no hard=no heap=${KAFKA_HEAP:-384m}
while [ $# -gt 0 ]; do
    case $1 in
        --port) [ $# -ge 2 ] || usage; port=$2; shift 2 ;;
        --dir) [ $# -ge 2 ] || usage; dir=$2; shift 2 ;;
        --purge) purge=yes; shift ;;
        --kill) hard=yes; shift ;;
        *) usage ;;
    esac
done
case $port in '' | *[!0-9]*) usage ;; esac
[ "$port" -ge 1024 ] && [ "$port" -lt 65535 ] || fail 2 'the port must lie between 1024 and 65534'
[ -n "$dir" ] || dir=$here/run/$port
case $dir in /*) ;; *) dir=$(pwd)/$dir ;; esac

case $command in
    install | installed | start | stop | status) "$command" ;;
    *) usage ;;
esac
