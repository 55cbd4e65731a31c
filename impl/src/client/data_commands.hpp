// The commands that name keys, by the type of what they hold. Data for command_table.cpp, and for nobody else.
//
// Cacheable is only what follows from one key's value and is recorded by tracking. Never, though the server calls it a
// read:
//   chance       SRANDMEMBER, HRANDFIELD, ZRANDMEMBER
//   time         TTL and PTTL (they count down), EXPIRETIME and its like (about the key's time to live, not its value),
//                OBJECT IDLETIME and FREQ (other reads change them), XPENDING and XINFO CONSUMERS (idle times)
//   no push      XINFO STREAM and GROUPS: XREADGROUP moves a group on and tells no tracker
//   internals    OBJECT ENCODING and REFCOUNT, MEMORY USAGE, DUMP: two servers with one value answer differently
//   a cursor     HSCAN, SSCAN, ZSCAN: good for one table size only
//   other keys   SORT_RO (BY and GET read keys that nobody records), LCS, SINTER and the like
//   effects      TOUCH; PFCOUNT, which may write what it counted into its key
// BITFIELD, GEORADIUS, SORT and GETEX count as writes with the server even where they only read: nothing is recorded.
#pragma once

#include "client/command_table.hpp"

namespace trackside::client::table {

using enum CommandKind;
using enum Recorded;
using enum Condition;

inline constexpr KeyPlaces places(std::int8_t first, std::int8_t last, std::int8_t step) {
  return {KeyPlaces::Form::positions, first, last, step};
}
inline constexpr KeyPlaces key = places(1, 1, 1);
inline constexpr KeyPlaces second = places(2, 2, 1);
inline constexpr KeyPlaces two_keys = places(1, 2, 1);
inline constexpr KeyPlaces keys = places(1, -1, 1);
inline constexpr KeyPlaces keys_from_second = places(2, -1, 1);
inline constexpr KeyPlaces keys_and_timeout = places(1, -2, 1);
inline constexpr KeyPlaces keys_and_values = places(1, -1, 2);
inline constexpr KeyPlaces counted_first{KeyPlaces::Form::counted, 1};
inline constexpr KeyPlaces counted_second{KeyPlaces::Form::counted, 2};
inline constexpr KeyPlaces key_and_counted{KeyPlaces::Form::counted_and_another, 2, 1};
inline constexpr KeyPlaces streams{KeyPlaces::Form::streams};
inline constexpr KeyPlaces stored_from_second{KeyPlaces::Form::stored, 2};
inline constexpr KeyPlaces stored_from_fifth{KeyPlaces::Form::stored, 5};
inline constexpr KeyPlaces migrated{KeyPlaces::Form::migrated, 3};

inline constexpr CommandInfo data_commands[] = {
    // Any type.
    {"COPY", unknown_keys, two_keys, nothing, other_database, write},
    {"DEL", write, keys},
    {"DUMP", plain, key, read},
    {"EXISTS", cacheable, keys, read, one_key, plain},
    {"EXPIRE", write, key},
    {"EXPIREAT", write, key},
    {"EXPIRETIME", plain, key, read},
    {"MEMORY USAGE", plain, second, read},
    // Names the keys that it takes from here, but it writes them on another node.
    {"MIGRATE", unknown_keys, migrated},
    // A key that is named is written in another database.
    {"MOVE", unknown_keys, key},
    {"OBJECT", container},
    {"OBJECT ENCODING", plain, second, read},
    {"OBJECT FREQ", plain, second, read},
    {"OBJECT HELP", plain},
    {"OBJECT IDLETIME", plain, second, read},
    {"OBJECT REFCOUNT", plain, second, read},
    {"PERSIST", write, key},
    {"PEXPIRE", write, key},
    {"PEXPIREAT", write, key},
    {"PEXPIRETIME", plain, key, read},
    {"PTTL", plain, key, read},
    {"RENAME", write, two_keys},
    {"RENAMENX", write, two_keys},
    {"RESTORE", write, key},
    {"RESTORE-ASKING", write, key},
    // Whatever it reads by BY and GET, it writes what stands behind STORE, or nothing.
    {"SORT", write, stored_from_second, nothing, asked_to_store, plain},
    {"SORT_RO", plain, key, read},
    {"TOUCH", plain, keys, read},
    {"TTL", plain, key, read},
    {"TYPE", cacheable, key, read},
    {"UNLINK", write, keys},

    // Strings and their bits.
    {"APPEND", write, key},
    {"BITCOUNT", cacheable, key, read},
    {"BITFIELD", write, key},
    {"BITFIELD_RO", cacheable, key, read},
    {"BITOP", write, keys_from_second},
    {"BITPOS", cacheable, key, read},
    {"DECR", write, key},
    {"DECRBY", write, key},
    {"GET", cacheable, key, read},
    {"GETBIT", cacheable, key, read},
    {"GETDEL", write, key},
    {"GETEX", write, key},
    {"GETRANGE", cacheable, key, read},
    {"GETSET", write, key},
    {"INCR", write, key},
    {"INCRBY", write, key},
    {"INCRBYFLOAT", write, key},
    {"LCS", plain, two_keys, read},
    {"MGET", cacheable_many, keys, read},
    {"MSET", write, keys_and_values},
    {"MSETNX", write, keys_and_values},
    {"PSETEX", write, key},
    {"SET", write, key},
    {"SETBIT", write, key},
    {"SETEX", write, key},
    {"SETNX", write, key},
    {"SETRANGE", write, key},
    {"STRLEN", cacheable, key, read},
    {"SUBSTR", cacheable, key, read},

    // HyperLogLogs.
    {"PFADD", write, key},
    {"PFCOUNT", write, keys, read},
    {"PFDEBUG", write, second},
    {"PFMERGE", write, keys},
    {"PFSELFTEST", plain},

    // Hashes; those that speak of fields' times to live are of 7.4.
    {"HDEL", write, key},
    {"HEXISTS", cacheable, key, hash_read},
    {"HEXPIRE", write, key},
    {"HEXPIREAT", write, key},
    {"HEXPIRETIME", plain, key, hash_read},
    {"HGET", cacheable, key, hash_read},
    {"HGETALL", cacheable, key, hash_read},
    {"HINCRBY", write, key},
    {"HINCRBYFLOAT", write, key},
    {"HKEYS", cacheable, key, hash_read},
    {"HLEN", cacheable, key, hash_read},
    {"HMGET", cacheable, key, hash_read},
    {"HMSET", write, key},
    {"HPERSIST", write, key},
    {"HPEXPIRE", write, key},
    {"HPEXPIREAT", write, key},
    {"HPEXPIRETIME", plain, key, hash_read},
    {"HPTTL", plain, key, hash_read},
    {"HRANDFIELD", plain, key, hash_read},
    {"HSCAN", plain, key, hash_read},
    {"HSET", write, key},
    {"HSETNX", write, key},
    {"HSTRLEN", cacheable, key, hash_read},
    {"HTTL", plain, key, hash_read},
    {"HVALS", cacheable, key, hash_read},

    // Lists.
    {"BLMOVE", blocking, two_keys},
    {"BLMPOP", blocking, counted_second},
    {"BLPOP", blocking, keys_and_timeout},
    {"BRPOP", blocking, keys_and_timeout},
    {"BRPOPLPUSH", blocking, two_keys},
    {"LINDEX", cacheable, key, read},
    {"LINSERT", write, key},
    {"LLEN", cacheable, key, read},
    {"LMOVE", write, two_keys},
    // It pops from one of the keys that it counts; where the count is wrong it does nothing.
    {"LMPOP", write, counted_first},
    {"LPOP", write, key},
    {"LPOS", cacheable, key, read},
    {"LPUSH", write, key},
    {"LPUSHX", write, key},
    {"LRANGE", cacheable, key, read},
    {"LREM", write, key},
    {"LSET", write, key},
    {"LTRIM", write, key},
    {"RPOP", write, key},
    {"RPOPLPUSH", write, two_keys},
    {"RPUSH", write, key},
    {"RPUSHX", write, key},

    // Sets.
    {"SADD", write, key},
    {"SCARD", cacheable, key, read},
    {"SDIFF", plain, keys, read},
    {"SDIFFSTORE", write, keys},
    {"SINTER", plain, keys, read},
    {"SINTERCARD", plain, counted_first, read},
    {"SINTERSTORE", write, keys},
    {"SISMEMBER", cacheable, key, read},
    {"SMEMBERS", cacheable, key, read},
    {"SMISMEMBER", cacheable, key, read},
    {"SMOVE", write, two_keys},
    {"SPOP", write, key},
    {"SRANDMEMBER", plain, key, read},
    {"SREM", write, key},
    {"SSCAN", plain, key, read},
    {"SUNION", plain, keys, read},
    {"SUNIONSTORE", write, keys},

    // Sorted sets.
    {"BZMPOP", blocking, counted_second},
    {"BZPOPMAX", blocking, keys_and_timeout},
    {"BZPOPMIN", blocking, keys_and_timeout},
    {"ZADD", write, key},
    {"ZCARD", cacheable, key, read},
    {"ZCOUNT", cacheable, key, read},
    {"ZDIFF", plain, counted_first, read},
    {"ZDIFFSTORE", write, key_and_counted},
    {"ZINCRBY", write, key},
    {"ZINTER", plain, counted_first, read},
    {"ZINTERCARD", plain, counted_first, read},
    {"ZINTERSTORE", write, key_and_counted},
    {"ZLEXCOUNT", cacheable, key, read},
    {"ZMPOP", write, counted_first},
    {"ZMSCORE", cacheable, key, read},
    {"ZPOPMAX", write, key},
    {"ZPOPMIN", write, key},
    {"ZRANDMEMBER", plain, key, read},
    {"ZRANGE", cacheable, key, read},
    {"ZRANGEBYLEX", cacheable, key, read},
    {"ZRANGEBYSCORE", cacheable, key, read},
    {"ZRANGESTORE", write, two_keys},
    {"ZRANK", cacheable, key, read},
    {"ZREM", write, key},
    {"ZREMRANGEBYLEX", write, key},
    {"ZREMRANGEBYRANK", write, key},
    {"ZREMRANGEBYSCORE", write, key},
    {"ZREVRANGE", cacheable, key, read},
    {"ZREVRANGEBYLEX", cacheable, key, read},
    {"ZREVRANGEBYSCORE", cacheable, key, read},
    {"ZREVRANK", cacheable, key, read},
    {"ZSCAN", plain, key, read},
    {"ZSCORE", cacheable, key, read},
    {"ZUNION", plain, counted_first, read},
    {"ZUNIONSTORE", write, key_and_counted},

    // Places on the earth, which are sorted sets.
    {"GEOADD", write, key},
    {"GEODIST", cacheable, key, read},
    {"GEOHASH", cacheable, key, read},
    {"GEOPOS", cacheable, key, read},
    {"GEORADIUS", write, stored_from_fifth, nothing, asked_to_store, plain},
    {"GEORADIUSBYMEMBER", write, stored_from_fifth, nothing, asked_to_store, plain},
    {"GEORADIUSBYMEMBER_RO", cacheable, key, read},
    {"GEORADIUS_RO", cacheable, key, read},
    {"GEOSEARCH", cacheable, key, read},
    {"GEOSEARCHSTORE", write, two_keys},

    // Streams.
    {"XACK", write, key},
    {"XADD", write, key},
    {"XAUTOCLAIM", write, key},
    {"XCLAIM", write, key},
    {"XDEL", write, key},
    {"XGROUP", container},
    {"XGROUP CREATE", write, second},
    {"XGROUP CREATECONSUMER", write, second},
    {"XGROUP DELCONSUMER", write, second},
    {"XGROUP DESTROY", write, second},
    {"XGROUP HELP", plain},
    {"XGROUP SETID", write, second},
    {"XINFO", container},
    {"XINFO CONSUMERS", plain, second, read},
    {"XINFO GROUPS", plain, second, read},
    {"XINFO HELP", plain},
    {"XINFO STREAM", plain, second, read},
    {"XLEN", cacheable, key, read},
    {"XPENDING", plain, key, read},
    {"XRANGE", cacheable, key, read},
    {"XREAD", blocking, streams, read, asked_to_block, plain},
    // It moves the group on in the streams that it names, and in no others.
    {"XREADGROUP", blocking, streams, nothing, asked_to_block, write},
    {"XREVRANGE", cacheable, key, read},
    {"XSETID", write, key},
    {"XTRIM", write, key},

    // Scripts may touch keys that they do not name. What the server records depends on what they read: up to 7.0 all
    // that they name if they read any key, later those that they read. The _RO forms can write nothing.
    {"EVAL", unknown_keys, counted_second},
    {"EVALSHA", unknown_keys, counted_second},
    {"EVALSHA_RO", plain, counted_second},
    {"EVAL_RO", plain, counted_second},
    {"FCALL", unknown_keys, counted_second},
    {"FCALL_RO", plain, counted_second},

    // Of transactions. The client makes its own.
    {"WATCH", session, keys},
};

}  // namespace trackside::client::table
