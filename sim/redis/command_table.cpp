// The table itself, and an open-addressing index over it built by the compiler.
//
// A name is found by an FNV hash of its lower-cased letters; a subcommand goes on hashing behind its container's name.
#include "sim/redis/command_table.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis {
namespace {

constexpr std::uint16_t read = flag_read;
constexpr std::uint16_t write = flag_write;

/// A command that only a node in cluster mode has.
template <void (*run)(Context&)>
void in_cluster(Context& context) {
  if (context.node.cluster != nullptr) run(context);
  else context.reply.error("ERR This instance has cluster support disabled");
}

/// A command that only a sentinel has.
template <void (*run)(Context&)>
void at_sentinel(Context& context) {
  if (context.node.config.sentinel != nullptr) run(context);
  else context.reply.error(unknown_command_error(context.arguments));
}

constexpr auto table = std::to_array<CommandSpec>({
    {"acl", nullptr, -2, flag_container},
    {"acl|list", commands::acl_list, 2, flag_no_script},
    {"acl|log", commands::answer_nothing, -2, flag_no_script},
    {"acl|users", commands::acl_users, 2, flag_no_script},
    {"acl|whoami", commands::acl_whoami, 2, flag_no_script},
    {"append", commands::append, 3, write, 1, 1, 1},
    {"asking", in_cluster<commands::asking>, 1, flag_not_loading},
    {"auth", commands::auth, -2, flag_no_auth | flag_no_script},
    {"bitcount", commands::bitcount, -2, read, 1, 1, 1},
    {"bitfield", commands::bitfield, -2, write, 1, 1, 1},
    {"bitfield_ro", commands::bitfield_ro, -2, read, 1, 1, 1},
    {"bitop", commands::bitop, -4, write, 2, -1, 1},
    {"bitpos", commands::bitpos, -3, read, 1, 1, 1},
    {"blmove", commands::blmove, 6, write | flag_no_script, 1, 2, 1},
    {"blmpop", commands::blmpop, -5, write | flag_keys_vary},
    {"blpop", commands::blpop, -3, write | flag_no_script, 1, -2, 1},
    {"brpop", commands::brpop, -3, write | flag_no_script, 1, -2, 1},
    {"brpoplpush", commands::blmove, 4, write | flag_no_script, 1, 2, 1},
    {"bzmpop", commands::bzmpop, -5, write | flag_keys_vary},
    {"bzpopmax", commands::bzpopmax, -3, write | flag_no_script, 1, -2, 1},
    {"bzpopmin", commands::bzpopmin, -3, write | flag_no_script, 1, -2, 1},
    {"client", nullptr, -2, flag_container},
    {"client|caching", commands::client_caching, 3, flag_client | flag_no_script},
    {"client|getname", commands::client_getname, 2, flag_client | flag_no_script},
    {"client|getredir", commands::client_getredir, 2, flag_client | flag_no_script},
    {"client|id", commands::client_id, 2, flag_client | flag_no_script},
    {"client|info", commands::client_info, 2, flag_client | flag_no_script},
    {"client|kill", commands::client_kill, -3, flag_client | flag_no_script},
    {"client|list", commands::client_list, -2, flag_client | flag_no_script},
    {"client|no-evict", commands::client_no_evict, 3, flag_client | flag_no_script},
    {"client|pause", commands::client_pause, -3, flag_client | flag_no_script},
    {"client|reply", commands::client_reply, 3, flag_client | flag_no_script},
    {"client|setname", commands::client_setname, 3, flag_client | flag_no_script},
    {"client|tracking", commands::client_tracking, -3, flag_client | flag_no_script},
    {"client|trackinginfo", commands::client_trackinginfo, 2, flag_client | flag_no_script},
    {"client|unblock", commands::client_unblock, -3, flag_client | flag_no_script},
    {"client|unpause", commands::client_unpause, 2, flag_client | flag_no_script},
    {"cluster", nullptr, -2, flag_container},
    {"cluster|addslots", in_cluster<commands::cluster_addslots>, -3, flag_not_loading},
    {"cluster|addslotsrange", in_cluster<commands::cluster_addslotsrange>, -4, flag_not_loading},
    {"cluster|bumpepoch", in_cluster<commands::cluster_bumpepoch>, 2, flag_not_loading},
    {"cluster|count-failure-reports", in_cluster<commands::cluster_count_failure_reports>, 3, flag_not_loading},
    {"cluster|countkeysinslot", in_cluster<commands::cluster_countkeysinslot>, 3, flag_not_loading},
    {"cluster|delslots", in_cluster<commands::cluster_delslots>, -3, flag_not_loading},
    {"cluster|delslotsrange", in_cluster<commands::cluster_delslotsrange>, -4, flag_not_loading},
    {"cluster|failover", in_cluster<commands::cluster_failover>, -2, flag_not_loading},
    {"cluster|flushslots", in_cluster<commands::cluster_flushslots>, 2, flag_not_loading},
    {"cluster|forget", in_cluster<commands::cluster_forget>, 3, flag_not_loading},
    {"cluster|getkeysinslot", in_cluster<commands::cluster_getkeysinslot>, 4, flag_not_loading},
    {"cluster|info", in_cluster<commands::cluster_info>, 2, flag_not_loading},
    {"cluster|keyslot", in_cluster<commands::cluster_keyslot>, 3, flag_not_loading},
    {"cluster|meet", in_cluster<commands::cluster_meet>, -4, flag_not_loading},
    {"cluster|myid", in_cluster<commands::cluster_myid>, 2, flag_not_loading},
    {"cluster|nodes", in_cluster<commands::cluster_nodes>, 2, flag_not_loading},
    {"cluster|replicas", in_cluster<commands::cluster_replicas>, 3, flag_not_loading},
    {"cluster|replicate", in_cluster<commands::cluster_replicate>, 3, flag_not_loading},
    {"cluster|reset", in_cluster<commands::cluster_reset>, -2, flag_not_loading | flag_no_script},
    {"cluster|saveconfig", in_cluster<commands::cluster_saveconfig>, 2, flag_not_loading},
    {"cluster|set-config-epoch", in_cluster<commands::cluster_set_config_epoch>, 3, flag_not_loading},
    {"cluster|setslot", in_cluster<commands::cluster_setslot>, -4, flag_not_loading},
    {"cluster|shards", in_cluster<commands::cluster_shards>, 2, flag_not_loading},
    {"cluster|slaves", in_cluster<commands::cluster_replicas>, 3, flag_not_loading},
    {"cluster|slots", in_cluster<commands::cluster_slots>, 2, flag_not_loading},
    {"command", commands::command, -1, flag_container},
    {"command|count", commands::command_count, 2},
    {"command|docs", commands::command_docs, -2},
    {"command|getkeys", commands::command_getkeys, -4},
    {"command|info", commands::command_info, -2},
    {"command|list", commands::command_list, -2},
    {"config", nullptr, -2, flag_container},
    {"config|get", commands::config_get, -3, flag_no_script},
    {"config|resetstat", commands::config_resetstat, 2, flag_no_script},
    {"config|rewrite", commands::config_rewrite, 2, flag_no_script},
    {"config|set", commands::config_set, -4, flag_no_script},
    {"copy", commands::copy, -3, write, 1, 2, 1},
    {"dbsize", commands::dbsize, 1, read},
    {"debug", nullptr, -2, flag_no_script},  // protected: never runs
    {"decr", commands::decr, 2, write, 1, 1, 1},
    {"decrby", commands::decrby, 3, write, 1, 1, 1},
    {"del", commands::del, -2, write, 1, -1, 1},
    {"discard", commands::discard, 1, flag_now | flag_no_script},
    {"echo", commands::echo, 2},
    {"eval", commands::eval, -3, flag_keys_vary | flag_may_replicate | flag_not_loading | flag_no_script},
    {"eval_ro", commands::eval, -3, flag_keys_vary | flag_not_loading | flag_no_script},
    {"evalsha", commands::evalsha, -3, flag_keys_vary | flag_may_replicate | flag_not_loading | flag_no_script},
    {"evalsha_ro", commands::evalsha, -3, flag_keys_vary | flag_not_loading | flag_no_script},
    {"exec", commands::exec, 1, flag_now | flag_no_script},
    {"exists", commands::exists, -2, read, 1, -1, 1},
    {"expire", commands::expire, -3, write, 1, 1, 1},
    {"expireat", commands::expireat, -3, write, 1, 1, 1},
    {"expiretime", commands::expiretime, 2, read, 1, 1, 1},
    {"fcall", commands::fcall, -3, flag_may_replicate | flag_no_script},
    {"fcall_ro", commands::fcall, -3, flag_no_script},
    {"flushall", commands::flushall, -1, write},
    {"flushdb", commands::flushdb, -1, write},
    {"function", nullptr, -2, flag_container},
    {"function|flush", commands::function_flush, -2, flag_no_script},
    {"function|list", commands::function_list, -2, flag_no_script},
    {"geoadd", commands::geoadd, -5, write, 1, 1, 1},
    {"geodist", commands::geodist, -4, read, 1, 1, 1},
    {"geohash", commands::geohash, -2, read, 1, 1, 1},
    {"geopos", commands::geopos, -2, read, 1, 1, 1},
    {"georadius", commands::georadius, -6, write | flag_keys_vary, 1, 1, 1},
    {"georadius_ro", commands::georadius, -6, read, 1, 1, 1},
    {"georadiusbymember", commands::georadius, -5, write | flag_keys_vary, 1, 1, 1},
    {"georadiusbymember_ro", commands::georadius, -5, read, 1, 1, 1},
    {"geosearch", commands::geosearch, -7, read, 1, 1, 1},
    {"geosearchstore", commands::geosearch, -8, write, 1, 2, 1},
    {"get", commands::get, 2, read, 1, 1, 1},
    {"getbit", commands::getbit, 3, read, 1, 1, 1},
    {"getdel", commands::getdel, 2, write, 1, 1, 1},
    {"getex", commands::getex, -2, write, 1, 1, 1},
    {"getrange", commands::getrange, 4, read, 1, 1, 1},
    {"getset", commands::getset, 3, write, 1, 1, 1},
    {"hdel", commands::hdel, -3, write, 1, 1, 1},
    {"hello", commands::hello, -1, flag_no_auth | flag_no_script},
    {"hexists", commands::hexists, 3, read, 1, 1, 1},
    {"hget", commands::hget, 3, read, 1, 1, 1},
    {"hgetall", commands::hgetall, 2, read, 1, 1, 1},
    {"hincrby", commands::hincrby, 4, write, 1, 1, 1},
    {"hincrbyfloat", commands::hincrbyfloat, 4, write, 1, 1, 1},
    {"hkeys", commands::hkeys, 2, read, 1, 1, 1},
    {"hlen", commands::hlen, 2, read, 1, 1, 1},
    {"hmget", commands::hmget, -3, read, 1, 1, 1},
    {"hmset", commands::hset, -4, write, 1, 1, 1},
    {"hrandfield", commands::hrandfield, -2, read, 1, 1, 1},
    {"hscan", commands::hscan, -3, read, 1, 1, 1},
    {"hset", commands::hset, -4, write, 1, 1, 1},
    {"hsetnx", commands::hsetnx, 4, write, 1, 1, 1},
    {"hstrlen", commands::hstrlen, 3, read, 1, 1, 1},
    {"hvals", commands::hvals, 2, read, 1, 1, 1},
    {"incr", commands::incr, 2, write, 1, 1, 1},
    {"incrby", commands::incrby, 3, write, 1, 1, 1},
    {"incrbyfloat", commands::incrbyfloat, 3, write, 1, 1, 1},
    {"info", commands::info, -1},
    {"keys", commands::keys, 2, read},
    {"latency", nullptr, -2, flag_container},
    {"latency|histogram", commands::latency_histogram, -2, flag_no_script},
    {"latency|history", commands::answer_nothing, 3, flag_no_script},
    {"latency|latest", commands::answer_nothing, 2, flag_no_script},
    {"latency|reset", commands::answer_zero, -2, flag_no_script},
    {"lcs", commands::lcs, -3, read, 1, 2, 1},
    {"lindex", commands::lindex, 3, read, 1, 1, 1},
    {"linsert", commands::linsert, 5, write, 1, 1, 1},
    {"llen", commands::llen, 2, read, 1, 1, 1},
    {"lmove", commands::lmove, 5, write, 1, 2, 1},
    {"lmpop", commands::lmpop, -4, write | flag_keys_vary},
    {"lpop", commands::lpop, -2, write, 1, 1, 1},
    {"lpos", commands::lpos, -3, read, 1, 1, 1},
    {"lpush", commands::lpush, -3, write, 1, 1, 1},
    {"lpushx", commands::lpushx, -3, write, 1, 1, 1},
    {"lrange", commands::lrange, 4, read, 1, 1, 1},
    {"lrem", commands::lrem, 4, write, 1, 1, 1},
    {"lset", commands::lset, 4, write, 1, 1, 1},
    {"ltrim", commands::ltrim, 4, write, 1, 1, 1},
    {"mget", commands::mget, -2, read, 1, -1, 1},
    {"migrate", commands::migrate, -6, write | flag_keys_vary},
    {"module", nullptr, -2, flag_container},
    {"module|list", commands::answer_nothing, 2, flag_no_script},
    {"move", commands::move, 3, write, 1, 1, 1},
    {"mset", commands::mset, -3, write, 1, -1, 2},
    {"msetnx", commands::msetnx, -3, write, 1, -1, 2},
    {"multi", commands::multi, 1, flag_now | flag_no_script},
    {"object", nullptr, -2, flag_container},
    {"object|encoding", commands::object_encoding, 3, read, 2, 2, 1},
    {"object|freq", commands::object_freq, 3, read, 2, 2, 1},
    {"object|idletime", commands::object_idletime, 3, read, 2, 2, 1},
    {"object|refcount", commands::object_refcount, 3, read, 2, 2, 1},
    {"persist", commands::persist, 2, write, 1, 1, 1},
    {"pexpire", commands::pexpire, -3, write, 1, 1, 1},
    {"pexpireat", commands::pexpireat, -3, write, 1, 1, 1},
    {"pexpiretime", commands::pexpiretime, 2, read, 1, 1, 1},
    {"pfadd", commands::pfadd, -2, write, 1, 1, 1},
    {"pfcount", commands::pfcount, -2, read | flag_may_replicate, 1, -1, 1},
    {"pfmerge", commands::pfmerge, -2, write, 1, -1, 1},
    {"ping", commands::ping, -1, flag_subscriber | flag_not_loading},
    {"psetex", commands::setex, 4, write, 1, 1, 1},
    {"psubscribe", commands::psubscribe, -2, flag_subscriber | flag_no_script},
    {"pttl", commands::pttl, 2, read, 1, 1, 1},
    {"publish", commands::publish, 3, flag_may_replicate},
    {"pubsub", nullptr, -2, flag_container},
    {"pubsub|channels", commands::pubsub_channels, -2},
    {"pubsub|numpat", commands::pubsub_numpat, 2},
    {"pubsub|numsub", commands::pubsub_numsub, -2},
    {"pubsub|shardchannels", commands::pubsub_shardchannels, -2},
    {"pubsub|shardnumsub", commands::pubsub_shardnumsub, -2},
    {"punsubscribe", commands::punsubscribe, -1, flag_subscriber | flag_no_script},
    {"quit", commands::quit, -1, flag_no_auth | flag_now | flag_subscriber | flag_no_script},
    {"randomkey", commands::randomkey, 1, read},
    {"readonly", in_cluster<commands::readonly>, 1},
    {"readwrite", in_cluster<commands::readwrite>, 1},
    {"rename", commands::rename, 3, write, 1, 2, 1},
    {"renamenx", commands::renamenx, 3, write, 1, 2, 1},
    {"reset", commands::reset, 1, flag_no_auth | flag_now | flag_subscriber | flag_no_script},
    {"role", commands::role, 1, flag_no_script},
    {"rpop", commands::rpop, -2, write, 1, 1, 1},
    {"rpoplpush", commands::lmove, 3, write, 1, 2, 1},
    {"rpush", commands::rpush, -3, write, 1, 1, 1},
    {"rpushx", commands::rpushx, -3, write, 1, 1, 1},
    {"sadd", commands::sadd, -3, write, 1, 1, 1},
    {"scan", commands::scan, -2, read},
    {"scard", commands::scard, 2, read, 1, 1, 1},
    {"script", nullptr, -2, flag_container},
    {"script|exists", commands::script_exists, -3, flag_no_script},
    {"script|flush", commands::script_flush, -2, flag_no_script},
    {"script|kill", commands::script_kill, 2, flag_no_script},
    {"script|load", commands::script_load, 3, flag_no_script},
    {"sentinel", nullptr, -2, flag_container},
    {"sentinel|get-master-addr-by-name", at_sentinel<commands::sentinel_primary>, 3},
    {"sentinel|myid", at_sentinel<commands::sentinel_myid>, 2},
    {"sentinel|sentinels", at_sentinel<commands::sentinel_sentinels>, 3},
    {"sdiff", commands::sdiff, -2, read, 1, -1, 1},
    {"sdiffstore", commands::sdiffstore, -3, write, 1, -1, 1},
    {"select", commands::select, 2},
    {"set", commands::set, -3, write, 1, 1, 1},
    {"setbit", commands::setbit, 4, write, 1, 1, 1},
    {"setex", commands::setex, 4, write, 1, 1, 1},
    {"setnx", commands::setnx, 3, write, 1, 1, 1},
    {"setrange", commands::setrange, 4, write, 1, 1, 1},
    {"sinter", commands::sinter, -2, read, 1, -1, 1},
    {"sintercard", commands::sintercard, -3, read | flag_keys_vary},
    {"sinterstore", commands::sinterstore, -3, write, 1, -1, 1},
    {"sismember", commands::sismember, 3, read, 1, 1, 1},
    {"slowlog", nullptr, -2, flag_container},
    {"slowlog|get", commands::slowlog_get, -2},
    {"slowlog|len", commands::answer_zero, 2},
    {"slowlog|reset", commands::answer_ok, 2},
    {"smembers", commands::smembers, 2, read, 1, 1, 1},
    {"smismember", commands::smismember, -3, read, 1, 1, 1},
    {"smove", commands::smove, 4, write, 1, 2, 1},
    {"sort", commands::sort, -2, write | flag_keys_vary, 1, 1, 1},
    {"sort_ro", commands::sort, -2, read | flag_keys_vary, 1, 1, 1},
    {"spop", commands::spop, -2, write, 1, 1, 1},
    {"spublish", commands::spublish, 3, flag_may_replicate | flag_shard_channels, 1, 1, 1},
    {"srandmember", commands::srandmember, -2, read, 1, 1, 1},
    {"srem", commands::srem, -3, write, 1, 1, 1},
    {"sscan", commands::sscan, -3, read, 1, 1, 1},
    {"ssubscribe", commands::ssubscribe, -2, flag_subscriber | flag_shard_channels | flag_no_script, 1, -1, 1},
    {"strlen", commands::strlen, 2, read, 1, 1, 1},
    {"subscribe", commands::subscribe, -2, flag_subscriber | flag_no_script},
    {"substr", commands::getrange, 4, read, 1, 1, 1},
    {"sunion", commands::sunion, -2, read, 1, -1, 1},
    {"sunionstore", commands::sunionstore, -3, write, 1, -1, 1},
    {"sunsubscribe", commands::sunsubscribe, -1, flag_subscriber | flag_shard_channels | flag_no_script, 1, -1, 1},
    {"swapdb", commands::swapdb, 3, write},
    {"time", commands::time, 1},
    {"touch", commands::exists, -2, read, 1, -1, 1},
    {"ttl", commands::ttl, 2, read, 1, 1, 1},
    {"type", commands::type, 2, read, 1, 1, 1},
    {"unlink", commands::del, -2, write, 1, -1, 1},
    {"unsubscribe", commands::unsubscribe, -1, flag_subscriber | flag_no_script},
    {"unwatch", commands::unwatch, 1, flag_no_script},
    {"wait", commands::wait, 3, flag_not_loading | flag_no_script},
    {"watch", commands::watch, -2, flag_now | flag_no_script, 1, -1, 1},
    {"xack", commands::xack, -4, write, 1, 1, 1},
    {"xadd", commands::xadd, -5, write, 1, 1, 1},
    {"xautoclaim", commands::xautoclaim, -6, write, 1, 1, 1},
    {"xclaim", commands::xclaim, -6, write, 1, 1, 1},
    {"xdel", commands::xdel, -3, write, 1, 1, 1},
    {"xgroup", nullptr, -2, flag_container},
    {"xgroup|create", commands::xgroup_create, -5, write, 2, 2, 1},
    {"xgroup|createconsumer", commands::xgroup_createconsumer, 5, write, 2, 2, 1},
    {"xgroup|delconsumer", commands::xgroup_delconsumer, 5, write, 2, 2, 1},
    {"xgroup|destroy", commands::xgroup_destroy, 4, write, 2, 2, 1},
    {"xgroup|setid", commands::xgroup_setid, -5, write, 2, 2, 1},
    {"xinfo", nullptr, -2, flag_container},
    {"xinfo|consumers", commands::xinfo_consumers, 4, read, 2, 2, 1},
    {"xinfo|groups", commands::xinfo_groups, 3, read, 2, 2, 1},
    {"xinfo|stream", commands::xinfo_stream, -3, read, 2, 2, 1},
    {"xlen", commands::xlen, 2, read, 1, 1, 1},
    {"xpending", commands::xpending, -3, read, 1, 1, 1},
    {"xrange", commands::xrange, -4, read, 1, 1, 1},
    {"xread", commands::xread, -4, read | flag_keys_vary},
    {"xreadgroup", commands::xread, -7, write | flag_keys_vary},
    {"xrevrange", commands::xrevrange, -4, read, 1, 1, 1},
    {"xsetid", commands::xsetid, -3, write, 1, 1, 1},
    {"xtrim", commands::xtrim, -4, write, 1, 1, 1},
    {"zadd", commands::zadd, -4, write, 1, 1, 1},
    {"zcard", commands::zcard, 2, read, 1, 1, 1},
    {"zcount", commands::zcount, 4, read, 1, 1, 1},
    {"zdiff", commands::zdiff, -3, read | flag_keys_vary},
    {"zdiffstore", commands::zdiffstore, -4, write | flag_keys_vary},
    {"zincrby", commands::zincrby, 4, write, 1, 1, 1},
    {"zinter", commands::zinter, -3, read | flag_keys_vary},
    {"zintercard", commands::zintercard, -3, read | flag_keys_vary},
    {"zinterstore", commands::zinterstore, -4, write | flag_keys_vary},
    {"zlexcount", commands::zlexcount, 4, read, 1, 1, 1},
    {"zmpop", commands::zmpop, -4, write | flag_keys_vary},
    {"zmscore", commands::zmscore, -3, read, 1, 1, 1},
    {"zpopmax", commands::zpopmax, -2, write, 1, 1, 1},
    {"zpopmin", commands::zpopmin, -2, write, 1, 1, 1},
    {"zrandmember", commands::zrandmember, -2, read, 1, 1, 1},
    {"zrange", commands::zrange, -4, read, 1, 1, 1},
    {"zrangebylex", commands::zrangebylex, -4, read, 1, 1, 1},
    {"zrangebyscore", commands::zrangebyscore, -4, read, 1, 1, 1},
    {"zrangestore", commands::zrangestore, -5, write, 1, 2, 1},
    {"zrank", commands::zrank, 3, read, 1, 1, 1},
    {"zrem", commands::zrem, -3, write, 1, 1, 1},
    {"zremrangebylex", commands::zremrangebylex, 4, write, 1, 1, 1},
    {"zremrangebyrank", commands::zremrangebyrank, 4, write, 1, 1, 1},
    {"zremrangebyscore", commands::zremrangebyscore, 4, write, 1, 1, 1},
    {"zrevrange", commands::zrevrange, -4, read, 1, 1, 1},
    {"zrevrangebylex", commands::zrevrangebylex, -4, read, 1, 1, 1},
    {"zrevrangebyscore", commands::zrevrangebyscore, -4, read, 1, 1, 1},
    {"zrevrank", commands::zrevrank, 3, read, 1, 1, 1},
    {"zscan", commands::zscan, -3, read, 1, 1, 1},
    {"zscore", commands::zscore, 3, read, 1, 1, 1},
    {"zunion", commands::zunion, -3, read | flag_keys_vary},
    {"zunionstore", commands::zunionstore, -4, write | flag_keys_vary},
});

class NameHash {
 public:
  constexpr NameHash& add(std::string_view text) {
    for (const char letter : text) add(letter);
    return *this;
  }
  constexpr NameHash& add(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    state_ = (state_ ^ (byte >= 'A' && byte <= 'Z' ? byte | 0x20U : byte)) * 0x01000193U;
    return *this;
  }
  constexpr std::size_t value() const { return state_ ^ (state_ >> 15); }

 private:
  std::uint32_t state_ = 0x811c9dc5U;
};

constexpr std::size_t index_size = 1024;
constexpr std::uint16_t no_command = 0xffff;

constexpr std::array<std::uint16_t, index_size> build_index() {
  std::array<std::uint16_t, index_size> index{};
  index.fill(no_command);
  for (std::size_t command = 0; command < table.size(); ++command) {
    std::size_t place = NameHash{}.add(table[command].name).value() % index_size;
    while (index[place] != no_command) place = (place + 1) % index_size;
    index[place] = static_cast<std::uint16_t>(command);
  }
  return index;
}

constexpr std::array<std::uint16_t, index_size> name_index = build_index();

template <class Matches>
const CommandSpec* probe(const NameHash& hash, Matches matches) {
  for (std::size_t place = hash.value() % index_size; name_index[place] != no_command; place = (place + 1) % index_size)
    if (const CommandSpec& command = table[name_index[place]]; matches(command.name)) return &command;
  return nullptr;
}

const CommandSpec* find_subcommand(std::string_view container, std::string_view name) {
  return probe(NameHash{}.add(container).add('|').add(name), [&](std::string_view full) {
    return full.size() == container.size() + 1 + name.size() && full.starts_with(container) &&
           full[container.size()] == '|' && is_word(name, full.substr(container.size() + 1));
  });
}

std::string to_upper(std::string_view name) {
  std::string result = to_lower(name);
  for (char& letter : result)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return result;
}

/// What printf's %.*s shows of an argument: nothing behind a NUL.
std::string_view printable(std::string_view text, std::size_t length_max) {
  return text.substr(0, std::min(text.find('\0'), length_max));
}

}  // namespace

const CommandSpec* find_by_name(std::string_view name) {
  return probe(NameHash{}.add(name), [&](std::string_view full) { return is_word(name, full); });
}

Command find_command(std::span<const std::string_view> arguments) {
  const CommandSpec* command = find_by_name(arguments[0]);
  if (command != nullptr && command->name.find('|') != std::string_view::npos) command = nullptr;
  if (command != nullptr && command->has(flag_container) && arguments.size() > 1)
    command = find_subcommand(command->name, arguments[1]);
  if (command == nullptr) return {nullptr, false};
  const int count = static_cast<int>(arguments.size());
  const bool arity_ok = command->arity >= 0 ? count == command->arity : count >= -command->arity;
  return {command, arity_ok};
}

std::string unknown_command_error(std::span<const std::string_view> arguments) {
  const CommandSpec* container = find_by_name(arguments[0]);
  if (container != nullptr && container->has(flag_container) && arguments.size() > 1) {
    return fmt::format("ERR unknown subcommand '{}'. Try {} HELP.", printable(arguments[1], 128),
                       to_upper(arguments[0]));
  }
  std::string shown;
  for (std::size_t index = 1; index < arguments.size() && shown.size() < 128; ++index)
    shown += fmt::format("'{}' ", printable(arguments[index], 128 - shown.size()));
  return fmt::format("ERR unknown command '{}', with args beginning with: {}", printable(arguments[0], 128), shown);
}

std::string subcommand_error(std::span<const std::string_view> arguments) {
  return fmt::format("ERR unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                     printable(arguments[1], 128), to_upper(arguments[0]));
}

std::string arity_error(const CommandSpec& command) {
  return fmt::format("ERR wrong number of arguments for '{}' command", command.name);
}

std::span<const CommandSpec> all_commands() { return table; }

std::size_t index_of(const CommandSpec& command) { return static_cast<std::size_t>(&command - table.data()); }

}  // namespace trackside::sim::redis
