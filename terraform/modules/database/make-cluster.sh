# Makes one Redis Cluster of the primaries in NODES. Needs redis-cli, and redis.conf for the password.
REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /run/secrets/redis.conf)
export REDISCLI_AUTH
first=${NODES%% *}
tells() { redis-cli -h "$first" cluster info | grep -q "^$1"; }
# One that was made may be in a bad state for a moment; it is waited for, and not made again.
if ! tells cluster_slots_assigned:16384; then
    # It wants addresses.
    addresses=
    for node in $NODES; do
        addresses="$addresses $(getent hosts "$node" | cut -d' ' -f1):6379"
    done
    # shellcheck disable=SC2086
    redis-cli --cluster create $addresses --cluster-yes
fi
tries=0
until tells cluster_state:ok; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || { echo "the cluster is not ready after 30 s" >&2; exit 1; }
    sleep 0.2
done
