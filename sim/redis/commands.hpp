// The commands the simulated server knows, one function each; command_table.cpp says which name runs which.
#pragma once

#include "sim/redis/context.hpp"

namespace trackside::sim::redis::commands {

// commands_bitfield.cpp
void bitfield(Context& context);
void bitfield_ro(Context& context);

// commands_bitmap.cpp
void setbit(Context& context);
void getbit(Context& context);
void bitcount(Context& context);
void bitpos(Context& context);
void bitop(Context& context);

// commands_blocking.cpp
void blpop(Context& context);
void brpop(Context& context);
void blmove(Context& context);
void lmpop(Context& context);
void blmpop(Context& context);

// commands_client.cpp
void client_id(Context& context);
void client_setname(Context& context);
void client_getname(Context& context);
void client_info(Context& context);
void client_list(Context& context);
void client_kill(Context& context);
void client_no_evict(Context& context);
void client_reply(Context& context);
void client_unblock(Context& context);
void client_pause(Context& context);
void client_unpause(Context& context);

// commands_cluster.cpp; these and the following two require cluster mode
void asking(Context& context);
void readonly(Context& context);
void readwrite(Context& context);
void cluster_myid(Context& context);
void cluster_saveconfig(Context& context);
void cluster_meet(Context& context);
void cluster_forget(Context& context);
void cluster_replicate(Context& context);
void cluster_failover(Context& context);
void cluster_reset(Context& context);
void cluster_set_config_epoch(Context& context);
void cluster_count_failure_reports(Context& context);
void cluster_replicas(Context& context);

// commands_sentinel.cpp; these require a sentinel
void sentinel_myid(Context& context);
void sentinel_primary(Context& context);
void sentinel_sentinels(Context& context);

// commands_cluster_report.cpp
void cluster_info(Context& context);
void cluster_nodes(Context& context);
void cluster_slots(Context& context);
void cluster_shards(Context& context);

// commands_cluster_slots.cpp
void cluster_addslots(Context& context);
void cluster_addslotsrange(Context& context);
void cluster_bumpepoch(Context& context);
void cluster_countkeysinslot(Context& context);
void cluster_delslots(Context& context);
void cluster_delslotsrange(Context& context);
void cluster_flushslots(Context& context);
void cluster_getkeysinslot(Context& context);
void cluster_keyslot(Context& context);
void cluster_setslot(Context& context);

// commands_config.cpp
void config_get(Context& context);
void config_set(Context& context);
void config_rewrite(Context& context);

// commands_connection.cpp
void hello(Context& context);
void auth(Context& context);
void ping(Context& context);
void echo(Context& context);
void select(Context& context);
void reset(Context& context);
void quit(Context& context);
void time(Context& context);

// commands_expiry.cpp
void expire(Context& context);
void pexpire(Context& context);
void expireat(Context& context);
void pexpireat(Context& context);
void persist(Context& context);
void ttl(Context& context);
void pttl(Context& context);
void expiretime(Context& context);
void pexpiretime(Context& context);

// commands_geo.cpp
void geoadd(Context& context);
void geodist(Context& context);
void geohash(Context& context);
void geopos(Context& context);
void geosearch(Context& context);
void georadius(Context& context);

// commands_hash.cpp
void hset(Context& context);
void hsetnx(Context& context);
void hget(Context& context);
void hmget(Context& context);
void hgetall(Context& context);
void hkeys(Context& context);
void hvals(Context& context);
void hlen(Context& context);
void hexists(Context& context);
void hstrlen(Context& context);
void hdel(Context& context);
void hincrby(Context& context);
void hincrbyfloat(Context& context);
void hrandfield(Context& context);

// commands_hyperloglog.cpp
void pfadd(Context& context);
void pfcount(Context& context);
void pfmerge(Context& context);

// commands_key.cpp
void del(Context& context);
void exists(Context& context);
void type(Context& context);
void rename(Context& context);
void renamenx(Context& context);
void copy(Context& context);
void move(Context& context);
void keys(Context& context);
void scan(Context& context);
void randomkey(Context& context);
void dbsize(Context& context);
void flushdb(Context& context);
void flushall(Context& context);
void swapdb(Context& context);

// commands_introspection.cpp
void command(Context& context);
void command_count(Context& context);
void command_docs(Context& context);
void command_getkeys(Context& context);
void command_info(Context& context);
void command_list(Context& context);
void object_encoding(Context& context);
void object_freq(Context& context);
void object_idletime(Context& context);
void object_refcount(Context& context);
void acl_whoami(Context& context);
void acl_users(Context& context);
void acl_list(Context& context);
void function_list(Context& context);
void function_flush(Context& context);
void slowlog_get(Context& context);
void fcall(Context& context);
void answer_ok(Context& context);
void answer_zero(Context& context);
void answer_nothing(Context& context);

// commands_scan.cpp
void hscan(Context& context);
void sscan(Context& context);
void zscan(Context& context);

// commands_lcs.cpp
void lcs(Context& context);

// commands_list.cpp
void lpush(Context& context);
void rpush(Context& context);
void lpushx(Context& context);
void rpushx(Context& context);
void lpop(Context& context);
void rpop(Context& context);
void lrange(Context& context);
void llen(Context& context);
void lindex(Context& context);
void lset(Context& context);
void lrem(Context& context);
void ltrim(Context& context);
void linsert(Context& context);
void lpos(Context& context);
void lmove(Context& context);

// commands_pubsub.cpp
void subscribe(Context& context);
void psubscribe(Context& context);
void unsubscribe(Context& context);
void punsubscribe(Context& context);
void publish(Context& context);
void ssubscribe(Context& context);
void sunsubscribe(Context& context);
void spublish(Context& context);
void pubsub_channels(Context& context);
void pubsub_numpat(Context& context);
void pubsub_numsub(Context& context);
void pubsub_shardchannels(Context& context);
void pubsub_shardnumsub(Context& context);

// commands_replication.cpp
void migrate(Context& context);
void role(Context& context);
void wait(Context& context);

// commands_script.cpp
void eval(Context& context);
void evalsha(Context& context);
void script_load(Context& context);
void script_exists(Context& context);
void script_flush(Context& context);
void script_kill(Context& context);

// commands_server.cpp
void config_resetstat(Context& context);
void info(Context& context);
void latency_histogram(Context& context);

// commands_set.cpp
void sadd(Context& context);
void srem(Context& context);
void smembers(Context& context);
void sismember(Context& context);
void smismember(Context& context);
void scard(Context& context);
void smove(Context& context);
void spop(Context& context);
void sinter(Context& context);
void sunion(Context& context);
void sdiff(Context& context);
void sinterstore(Context& context);
void sunionstore(Context& context);
void sdiffstore(Context& context);
void sintercard(Context& context);
void srandmember(Context& context);

// commands_sort.cpp
void sort(Context& context);

// commands_stream.cpp
void xadd(Context& context);
void xlen(Context& context);
void xrange(Context& context);
void xrevrange(Context& context);
void xdel(Context& context);
void xtrim(Context& context);
void xsetid(Context& context);

// commands_stream_group.cpp
void xgroup_create(Context& context);
void xgroup_setid(Context& context);
void xgroup_destroy(Context& context);
void xgroup_createconsumer(Context& context);
void xgroup_delconsumer(Context& context);
void xack(Context& context);
void xpending(Context& context);
void xclaim(Context& context);
void xautoclaim(Context& context);

// commands_stream_info.cpp
void xinfo_stream(Context& context);
void xinfo_groups(Context& context);
void xinfo_consumers(Context& context);

// commands_stream_read.cpp
void xread(Context& context);

// commands_string.cpp
void get(Context& context);
void set(Context& context);
void setnx(Context& context);
void setex(Context& context);
void getset(Context& context);
void getdel(Context& context);
void getex(Context& context);
void mget(Context& context);
void mset(Context& context);
void msetnx(Context& context);

// commands_string_parts.cpp
void incr(Context& context);
void decr(Context& context);
void incrby(Context& context);
void decrby(Context& context);
void incrbyfloat(Context& context);
void append(Context& context);
void strlen(Context& context);
void getrange(Context& context);
void setrange(Context& context);

// commands_tracking.cpp
void client_tracking(Context& context);
void client_caching(Context& context);
void client_getredir(Context& context);
void client_trackinginfo(Context& context);

// commands_transaction.cpp
void multi(Context& context);
void discard(Context& context);
void exec(Context& context);
void watch(Context& context);
void unwatch(Context& context);

// commands_zset.cpp
void zadd(Context& context);
void zincrby(Context& context);
void zrem(Context& context);
void zscore(Context& context);
void zmscore(Context& context);
void zrank(Context& context);
void zrevrank(Context& context);
void zcard(Context& context);

// commands_zset_combine.cpp
void zunion(Context& context);
void zinter(Context& context);
void zdiff(Context& context);
void zunionstore(Context& context);
void zinterstore(Context& context);
void zdiffstore(Context& context);
void zintercard(Context& context);

// commands_zset_pop.cpp
void zpopmin(Context& context);
void zpopmax(Context& context);
void bzpopmin(Context& context);
void bzpopmax(Context& context);
void zmpop(Context& context);
void bzmpop(Context& context);
void zrandmember(Context& context);

// commands_zset_range.cpp
void zrange(Context& context);
void zrevrange(Context& context);
void zrangebyscore(Context& context);
void zrevrangebyscore(Context& context);
void zrangebylex(Context& context);
void zrevrangebylex(Context& context);
void zrangestore(Context& context);
void zcount(Context& context);
void zlexcount(Context& context);
void zremrangebyrank(Context& context);
void zremrangebyscore(Context& context);
void zremrangebylex(Context& context);

/// When the argument's seconds are over; nothing once an error has been answered.
std::optional<Instant> blocking_deadline(Context& context, std::size_t index);
Instant deadline_after(const Context& context, std::int64_t milliseconds);
/// In RESP3 each with its score is an array of its own.
void reply_members(Context& context, const std::vector<SortedSet::Member>& members, bool with_scores);
/// What CLIENT LIST says of a session, with the line's end.
std::string client_line(const Node& node, const Session& session);
/// What CLUSTER NODES says of a node, without the line's end.
std::string node_line(const Node& node, NodeIndex index);
/// Those that are known, in the order in which they became so.
std::vector<NodeIndex> replicas_of(const ClusterView& view, NodeIndex primary);
/// Gives the session a name, or answers why not and says false.
bool set_client_name(Context& context, std::string_view name);

}  // namespace trackside::sim::redis::commands
