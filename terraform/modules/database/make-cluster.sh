# Makes one Redis Cluster of the primaries in NODES. Needs redis-cli, and redis.conf for the password.
REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /run/secrets/redis.conf)
export REDISCLI_AUTH
first=${NODES%% *}
is_one() { redis-cli -h "$first" cluster info | grep -q '^cluster_state:ok'; }
if ! is_one; then
    # It wants addresses.
    addresses=
    for node in $NODES; do
        addresses="$addresses $(getent hosts "$node" | cut -d' ' -f1):6379"
    done
    # shellcheck disable=SC2086
    redis-cli --cluster create $addresses --cluster-yes
fi
tries=0
until is_one; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || { echo "the cluster is not ready after 30 s" >&2; exit 1; }
    sleep 0.2
done
