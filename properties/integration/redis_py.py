#!/usr/bin/env python3
"""Asks a server and a cluster what programs with redis-py ask, and prints what they are given, line by line.

Usage: redis_py.py PORT CLUSTER_PORT. Nothing that is printed depends on addresses or on time, so that two servers that
behave alike give the same lines. Exit status 77: this Python has no redis-py (Debian: python3-redis).
"""
import sys

try:
    import redis
    from redis.cluster import RedisCluster
except ImportError:
    print("this python3 has no redis-py; ci/setup installs it (apt install python3-redis)")
    sys.exit(77)


def tell(name, question):
    try:
        print(f"{name}: {question()!r}", flush=True)
    except redis.RedisError as error:
        print(f"{name}: {type(error).__name__} {error}", flush=True)


def incremented_in_a_transaction(client):
    def change(pipe):
        value = int(pipe.get("n"))
        pipe.multi()
        pipe.set("n", value + 1)
        pipe.get("n")

    return client.transaction(change, "n")


def heard(client):
    subscription = client.pubsub()
    subscription.subscribe("news")
    subscription.get_message(timeout=5)
    client.publish("news", "hello")
    message = subscription.get_message(timeout=5)
    subscription.close()
    return message


def ask_server(port):
    client = redis.Redis(port=port, decode_responses=True, client_name="tester", health_check_interval=1)
    tell("ping", client.ping)
    tell("name", client.client_getname)
    tell("info", lambda: (client.info()["redis_version"], client.info("server")["redis_mode"], client.info()["role"]))
    tell("configuration", lambda: client.config_get("maxmemory-policy"))
    tell("command", lambda: {key: client.command()["get"][key] for key in ("name", "arity", "first_key_pos")})
    tell("own line", lambda: {key: client.client_info()[key] for key in ("name", "db", "cmd", "resp")})
    tell("lines", lambda: [line["name"] for line in client.client_list()])
    tell("set", lambda: (client.set("k", "v", ex=100), client.get("k"), client.ttl("k") in (99, 100)))
    tell("many", lambda: (client.mset({"a": 1, "b": 2}), client.mget("a", "b", "none")))
    tell("hash", lambda: (client.hset("h", mapping={"f": "1", "g": "2"}), client.hgetall("h"), client.hincrby("h", "f")))
    tell("list", lambda: (client.rpush("l", 1, 2, 3), client.lrange("l", 0, -1), client.blpop("l", 1)))
    tell("members", lambda: (client.sadd("s", 1, 2), sorted(client.smembers("s"))))
    tell("sorted", lambda: (client.zadd("z", {"x": 1, "y": 2.5}), client.zrange("z", 0, -1, withscores=True)))
    tell("wrong type", lambda: client.lpush("k", 1))
    tell("scan", lambda: sorted(client.scan_iter("*")))
    tell("pipeline", lambda: client.pipeline(transaction=False).set("n", 1).incr("n").lpush("n", 1).execute(False))
    tell("transaction", lambda: incremented_in_a_transaction(client))
    tell("news", lambda: heard(client))
    tell("unknown", lambda: client.execute_command("NONSENSE", "x"))
    tell("flush", lambda: (client.flushall(), client.dbsize()))


def ask_cluster(port):
    client = RedisCluster(host="127.0.0.1", port=port, decode_responses=True)
    keys = [f"k{number}" for number in range(60)]
    tell("nodes", lambda: sorted(node.server_type for node in client.get_nodes()))
    tell("set", lambda: all(client.set(key, key) for key in keys))
    tell("get", lambda: [client.get(key) for key in keys] == keys)
    tell("many", lambda: client.mget_nonatomic("k1", "k2", "none"))
    tell("one slot", lambda: (client.mset({"{t}a": 1, "{t}b": 2}), client.mget("{t}a", "{t}b")))
    tell("slots", lambda: client.execute_command("MGET", "k1", "k2", target_nodes="random"))
    tell("information", lambda: {key: client.cluster_info()[key] for key in ("cluster_state", "cluster_size")})
    tell("ranges", lambda: sorted(client.cluster_slots()))
    tell("shards", lambda: sorted(shard["slots"] for shard in client.execute_command("CLUSTER SHARDS")))
    tell("roles", lambda: sorted(node["flags"].replace("myself,", "") for node in client.cluster_nodes().values()))
    tell("key's slot", lambda: client.cluster_keyslot("foo"))
    tell("all keys", lambda: len(client.keys(target_nodes="primaries")))
    reader = RedisCluster(host="127.0.0.1", port=port, decode_responses=True, read_from_replicas=True)
    for node in client.get_primaries():
        client.get_redis_connection(node).wait(1, 1000)
    tell("by replicas", lambda: [reader.get(key) for key in keys] == keys)


if __name__ == "__main__":
    ask_server(int(sys.argv[1]))
    ask_cluster(int(sys.argv[2]))
