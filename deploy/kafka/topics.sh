#!/bin/sh
# Makes the topics of topics.tsv where they are missing, as an administrator; those that exist are left as
# they are (`palermo doctor` says what is wrong with them).
#
#   topics.sh HOST:PORT [--command-config FILE] [--replication N] [--partitions N] [--print]
#
# --replication  replicas of each topic (default 3; 1 on a cluster of one broker); with 2 or more,
#                `min.insync.replicas` is 2
# --partitions   partitions of `payments`, in place of those in topics.tsv; choose them before the first start,
#                they cannot be changed afterwards
# --print        write the commands and run none
#
# Uses `kafka-topics.sh`, which is part of Kafka and must be on the PATH.
# Exit codes: 0 fine, 2 usage, 4 a topic could not be made.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
usage() {
    echo 'usage: topics.sh HOST:PORT [--command-config FILE] [--replication N] [--partitions N] [--print]' >&2
    exit 2
}

[ $# -ge 1 ] || usage
bootstrap=$1
shift
config='' replication=3 partitions='' print=no
while [ $# -gt 0 ]; do
    case $1 in
        --command-config) [ $# -ge 2 ] || usage; config=$2; shift 2 ;;
        --replication) [ $# -ge 2 ] || usage; replication=$2; shift 2 ;;
        --partitions) [ $# -ge 2 ] || usage; partitions=$2; shift 2 ;;
        --print) print=yes; shift ;;
        *) usage ;;
    esac
done
case $bootstrap in *:*) ;; *) usage ;; esac
case $replication$partitions in *[!0-9]*) usage ;; esac

tool() {
    if [ "$print" = yes ]; then
        echo "kafka-topics.sh $*"
    else
        kafka-topics.sh "$@"
    fi
}

tab=$(printf '\t')
while IFS=$tab read -r topic count settings; do
    case $topic in '' | '#'*) continue ;; esac
    if [ "$topic" = payments ] && [ -n "$partitions" ]; then count=$partitions; fi
    if [ "$replication" -ge 2 ]; then settings=$settings,min.insync.replicas=2; fi
    set -- --bootstrap-server "$bootstrap" --create --if-not-exists --topic "$topic" \
        --partitions "$count" --replication-factor "$replication"
    for setting in $(echo "$settings" | tr ',' ' '); do set -- "$@" --config "$setting"; done
    if [ -n "$config" ]; then set -- "$@" --command-config "$config"; fi
    tool "$@" </dev/null || { echo "topics: \`$topic\` could not be made" >&2; exit 4; }
done <"$here/topics.tsv"
