#include "client/command_info.hpp"

#include <array>
#include <cstddef>

namespace trackside::client {
namespace {

using enum CommandKind;

constexpr CommandInfo table[] = {
    {"ACL", container}, {"ACL CAT", plain}, {"ACL DELUSER", plain}, {"ACL DRYRUN", plain}, {"ACL GENPASS", plain},
    {"ACL GETUSER", plain}, {"ACL LIST", plain}, {"ACL LOAD", plain}, {"ACL LOG", plain}, {"ACL SAVE", plain},
    {"ACL SETUSER", plain}, {"ACL USERS", plain}, {"ACL WHOAMI", plain}, {"APPEND", write, 1, 1, 1},
    {"ASKING", session}, {"AUTH", session}, {"BGREWRITEAOF", plain}, {"BGSAVE", plain}, {"BITCOUNT", cacheable},
    {"BITFIELD", write, 1, 1, 1}, {"BITFIELD_RO", cacheable}, {"BITOP", write, 2, -1, 1}, {"BITPOS", cacheable},
    {"BLMOVE", blocking, 1, 2, 1}, {"BLMPOP", blocking, 0, 0, 0}, {"BLPOP", blocking, 1, -2, 1},
    {"BRPOP", blocking, 1, -2, 1}, {"BRPOPLPUSH", blocking, 1, 2, 1}, {"BZMPOP", blocking, 0, 0, 0},
    {"BZPOPMAX", blocking, 1, -2, 1}, {"BZPOPMIN", blocking, 1, -2, 1}, {"CLIENT", container},
    {"CLIENT CACHING", session}, {"CLIENT GETNAME", plain}, {"CLIENT GETREDIR", plain}, {"CLIENT ID", plain},
    {"CLIENT INFO", plain}, {"CLIENT KILL", plain}, {"CLIENT LIST", plain}, {"CLIENT NO-EVICT", plain},
    {"CLIENT PAUSE", plain}, {"CLIENT REPLY", session}, {"CLIENT SETNAME", plain}, {"CLIENT TRACKING", session},
    {"CLIENT TRACKINGINFO", plain}, {"CLIENT UNBLOCK", plain}, {"CLIENT UNPAUSE", plain}, {"CLUSTER", container},
    {"CLUSTER ADDSLOTS", plain}, {"CLUSTER ADDSLOTSRANGE", plain}, {"CLUSTER BUMPEPOCH", plain},
    {"CLUSTER COUNT-FAILURE-REPORTS", plain}, {"CLUSTER COUNTKEYSINSLOT", plain}, {"CLUSTER DELSLOTS", plain},
    {"CLUSTER DELSLOTSRANGE", plain}, {"CLUSTER FAILOVER", plain}, {"CLUSTER FLUSHSLOTS", plain},
    {"CLUSTER FORGET", plain}, {"CLUSTER GETKEYSINSLOT", plain}, {"CLUSTER INFO", plain},
    {"CLUSTER KEYSLOT", plain}, {"CLUSTER LINKS", plain}, {"CLUSTER MEET", plain}, {"CLUSTER MYID", plain},
    {"CLUSTER NODES", plain}, {"CLUSTER REPLICAS", plain}, {"CLUSTER REPLICATE", plain}, {"CLUSTER RESET", plain},
    {"CLUSTER SAVECONFIG", plain}, {"CLUSTER SET-CONFIG-EPOCH", plain}, {"CLUSTER SETSLOT", plain},
    {"CLUSTER SHARDS", plain}, {"CLUSTER SLAVES", plain}, {"CLUSTER SLOTS", plain}, {"COMMAND", container},
    {"COMMAND COUNT", plain}, {"COMMAND DOCS", plain}, {"COMMAND GETKEYS", plain},
    {"COMMAND GETKEYSANDFLAGS", plain}, {"COMMAND INFO", plain}, {"COMMAND LIST", plain}, {"CONFIG", container},
    {"CONFIG GET", plain}, {"CONFIG RESETSTAT", plain}, {"CONFIG REWRITE", plain}, {"CONFIG SET", plain},
    {"COPY", unknown_keys}, {"DBSIZE", plain}, {"DEBUG", unknown_keys}, {"DECR", write, 1, 1, 1},
    {"DECRBY", write, 1, 1, 1}, {"DEL", write, 1, -1, 1}, {"DISCARD", session}, {"DUMP", plain}, {"ECHO", plain},
    {"EVAL", unknown_keys}, {"EVALSHA", unknown_keys}, {"EVALSHA_RO", plain}, {"EVAL_RO", plain}, {"EXEC", session},
    {"EXISTS", cacheable}, {"EXPIRE", write, 1, 1, 1}, {"EXPIREAT", write, 1, 1, 1}, {"EXPIRETIME", plain},
    {"FAILOVER", unknown_keys}, {"FCALL", unknown_keys}, {"FCALL_RO", plain}, {"FLUSHALL", unknown_keys},
    {"FLUSHDB", unknown_keys}, {"FUNCTION", container}, {"FUNCTION DELETE", plain}, {"FUNCTION DUMP", plain},
    {"FUNCTION FLUSH", plain}, {"FUNCTION KILL", plain}, {"FUNCTION LIST", plain}, {"FUNCTION LOAD", plain},
    {"FUNCTION RESTORE", plain}, {"FUNCTION STATS", plain}, {"GEOADD", write, 1, 1, 1}, {"GEODIST", cacheable},
    {"GEOHASH", cacheable}, {"GEOPOS", cacheable}, {"GEORADIUS", unknown_keys}, {"GEORADIUSBYMEMBER", unknown_keys},
    {"GEORADIUSBYMEMBER_RO", cacheable}, {"GEORADIUS_RO", cacheable}, {"GEOSEARCH", cacheable},
    {"GEOSEARCHSTORE", write, 1, 2, 1}, {"GET", cacheable}, {"GETBIT", cacheable}, {"GETDEL", write, 1, 1, 1},
    {"GETEX", write, 1, 1, 1}, {"GETRANGE", cacheable}, {"GETSET", write, 1, 1, 1}, {"HDEL", write, 1, 1, 1},
    {"HELLO", session}, {"HEXISTS", cacheable}, {"HGET", cacheable}, {"HGETALL", cacheable},
    {"HINCRBY", write, 1, 1, 1}, {"HINCRBYFLOAT", write, 1, 1, 1}, {"HKEYS", cacheable}, {"HLEN", cacheable},
    {"HMGET", cacheable}, {"HMSET", write, 1, 1, 1}, {"HRANDFIELD", plain}, {"HSCAN", plain},
    {"HSET", write, 1, 1, 1}, {"HSETNX", write, 1, 1, 1}, {"HSTRLEN", cacheable}, {"HVALS", cacheable},
    {"INCR", write, 1, 1, 1}, {"INCRBY", write, 1, 1, 1}, {"INCRBYFLOAT", write, 1, 1, 1}, {"INFO", plain},
    {"KEYS", plain}, {"LASTSAVE", plain}, {"LATENCY", container}, {"LATENCY DOCTOR", plain},
    {"LATENCY GRAPH", plain}, {"LATENCY HISTOGRAM", plain}, {"LATENCY HISTORY", plain}, {"LATENCY LATEST", plain},
    {"LATENCY RESET", plain}, {"LCS", plain}, {"LINDEX", cacheable}, {"LINSERT", write, 1, 1, 1},
    {"LLEN", cacheable}, {"LMOVE", write, 1, 2, 1}, {"LMPOP", unknown_keys}, {"LOLWUT", plain},
    {"LPOP", write, 1, 1, 1}, {"LPOS", cacheable}, {"LPUSH", write, 1, 1, 1}, {"LPUSHX", write, 1, 1, 1},
    {"LRANGE", cacheable}, {"LREM", write, 1, 1, 1}, {"LSET", write, 1, 1, 1}, {"LTRIM", write, 1, 1, 1},
    {"MEMORY", container}, {"MEMORY DOCTOR", plain}, {"MEMORY MALLOC-STATS", plain}, {"MEMORY PURGE", plain},
    {"MEMORY STATS", plain}, {"MEMORY USAGE", plain}, {"MGET", plain}, {"MIGRATE", unknown_keys},
    {"MODULE", container}, {"MODULE LIST", plain}, {"MODULE LOAD", plain}, {"MODULE LOADEX", plain},
    {"MODULE UNLOAD", plain}, {"MONITOR", session}, {"MOVE", unknown_keys}, {"MSET", write, 1, -1, 2},
    {"MSETNX", write, 1, -1, 2}, {"MULTI", session}, {"OBJECT", container}, {"OBJECT ENCODING", plain},
    {"OBJECT FREQ", plain}, {"OBJECT IDLETIME", plain}, {"OBJECT REFCOUNT", plain}, {"PERSIST", write, 1, 1, 1},
    {"PEXPIRE", write, 1, 1, 1}, {"PEXPIREAT", write, 1, 1, 1}, {"PEXPIRETIME", plain}, {"PFADD", write, 1, 1, 1},
    {"PFCOUNT", write, 1, -1, 1}, {"PFDEBUG", write, 2, 2, 1}, {"PFMERGE", write, 1, -1, 1}, {"PFSELFTEST", plain},
    {"PING", plain}, {"PSETEX", write, 1, 1, 1}, {"PSUBSCRIBE", session}, {"PSYNC", session}, {"PTTL", plain},
    {"PUBLISH", plain}, {"PUBSUB", container}, {"PUBSUB CHANNELS", plain}, {"PUBSUB NUMPAT", plain},
    {"PUBSUB NUMSUB", plain}, {"PUBSUB SHARDCHANNELS", plain}, {"PUBSUB SHARDNUMSUB", plain},
    {"PUNSUBSCRIBE", session}, {"QUIT", session}, {"RANDOMKEY", plain}, {"READONLY", session},
    {"READWRITE", session}, {"RENAME", write, 1, 2, 1}, {"RENAMENX", write, 1, 2, 1}, {"REPLCONF", session},
    {"REPLICAOF", unknown_keys}, {"RESET", session}, {"RESTORE", write, 1, 1, 1}, {"RESTORE-ASKING", unknown_keys},
    {"ROLE", plain}, {"RPOP", write, 1, 1, 1}, {"RPOPLPUSH", write, 1, 2, 1}, {"RPUSH", write, 1, 1, 1},
    {"RPUSHX", write, 1, 1, 1}, {"SADD", write, 1, 1, 1}, {"SAVE", plain}, {"SCAN", plain}, {"SCARD", cacheable},
    {"SCRIPT", container}, {"SCRIPT DEBUG", plain}, {"SCRIPT EXISTS", plain}, {"SCRIPT FLUSH", plain},
    {"SCRIPT KILL", plain}, {"SCRIPT LOAD", plain}, {"SDIFF", plain}, {"SDIFFSTORE", write, 1, -1, 1},
    {"SELECT", session}, {"SET", write, 1, 1, 1}, {"SETBIT", write, 1, 1, 1}, {"SETEX", write, 1, 1, 1},
    {"SETNX", write, 1, 1, 1}, {"SETRANGE", write, 1, 1, 1}, {"SHUTDOWN", plain}, {"SINTER", plain},
    {"SINTERCARD", plain}, {"SINTERSTORE", write, 1, -1, 1}, {"SISMEMBER", cacheable}, {"SLAVEOF", unknown_keys},
    {"SLOWLOG", container}, {"SLOWLOG GET", plain}, {"SLOWLOG LEN", plain}, {"SLOWLOG RESET", plain},
    {"SMEMBERS", cacheable}, {"SMISMEMBER", cacheable}, {"SMOVE", write, 1, 2, 1}, {"SORT", unknown_keys},
    {"SORT_RO", plain}, {"SPOP", write, 1, 1, 1}, {"SPUBLISH", plain}, {"SRANDMEMBER", plain},
    {"SREM", write, 1, 1, 1}, {"SSCAN", plain}, {"SSUBSCRIBE", session}, {"STRLEN", cacheable},
    {"SUBSCRIBE", session}, {"SUBSTR", cacheable}, {"SUNION", plain}, {"SUNIONSTORE", write, 1, -1, 1},
    {"SUNSUBSCRIBE", session}, {"SWAPDB", unknown_keys}, {"SYNC", session}, {"TIME", plain}, {"TOUCH", plain},
    {"TTL", plain}, {"TYPE", cacheable}, {"UNLINK", write, 1, -1, 1}, {"UNSUBSCRIBE", session},
    {"UNWATCH", session}, {"WAIT", session}, {"WAITAOF", session}, {"WATCH", session}, {"XACK", write, 1, 1, 1},
    {"XADD", write, 1, 1, 1}, {"XAUTOCLAIM", write, 1, 1, 1}, {"XCLAIM", write, 1, 1, 1}, {"XDEL", write, 1, 1, 1},
    {"XGROUP", container}, {"XGROUP CREATE", write, 2, 2, 1}, {"XGROUP CREATECONSUMER", write, 2, 2, 1},
    {"XGROUP DELCONSUMER", write, 2, 2, 1}, {"XGROUP DESTROY", write, 2, 2, 1}, {"XGROUP SETID", write, 2, 2, 1},
    {"XINFO", container}, {"XINFO CONSUMERS", plain}, {"XINFO GROUPS", plain}, {"XINFO STREAM", plain},
    {"XLEN", cacheable}, {"XPENDING", plain}, {"XRANGE", cacheable}, {"XREAD", blocking, 0, 0, 0},
    {"XREADGROUP", unknown_keys}, {"XREVRANGE", cacheable}, {"XSETID", write, 1, 1, 1}, {"XTRIM", write, 1, 1, 1},
    {"ZADD", write, 1, 1, 1}, {"ZCARD", cacheable}, {"ZCOUNT", cacheable}, {"ZDIFF", plain},
    {"ZDIFFSTORE", write, 1, 1, 1}, {"ZINCRBY", write, 1, 1, 1}, {"ZINTER", plain}, {"ZINTERCARD", plain},
    {"ZINTERSTORE", write, 1, 1, 1}, {"ZLEXCOUNT", cacheable}, {"ZMPOP", unknown_keys}, {"ZMSCORE", cacheable},
    {"ZPOPMAX", write, 1, 1, 1}, {"ZPOPMIN", write, 1, 1, 1}, {"ZRANDMEMBER", plain}, {"ZRANGE", cacheable},
    {"ZRANGEBYLEX", cacheable}, {"ZRANGEBYSCORE", cacheable}, {"ZRANGESTORE", write, 1, 2, 1}, {"ZRANK", cacheable},
    {"ZREM", write, 1, 1, 1}, {"ZREMRANGEBYLEX", write, 1, 1, 1}, {"ZREMRANGEBYRANK", write, 1, 1, 1},
    {"ZREMRANGEBYSCORE", write, 1, 1, 1}, {"ZREVRANGE", cacheable}, {"ZREVRANGEBYLEX", cacheable},
    {"ZREVRANGEBYSCORE", cacheable}, {"ZREVRANK", cacheable}, {"ZSCAN", plain}, {"ZSCORE", cacheable},
    {"ZUNION", plain}, {"ZUNIONSTORE", write, 1, 1, 1},
};

constexpr std::size_t longest_name = 32;
constexpr std::size_t bucket_count = 1024;  // a power of two, sparse enough for short probes

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr std::uint32_t hash_name(std::string_view upper_name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : upper_name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return hash ^ (hash >> 15);
}

/// Open addressing over `table`, built by the compiler; 0 is an empty bucket.
constexpr std::array<std::uint16_t, bucket_count> build_buckets() {
  std::array<std::uint16_t, bucket_count> buckets{};
  for (std::size_t row = 0; row < std::size(table); ++row) {
    std::size_t at = hash_name(table[row].name) % bucket_count;
    while (buckets[at] != 0) {
      at = (at + 1) % bucket_count;
    }
    buckets[at] = static_cast<std::uint16_t>(row + 1);
  }
  return buckets;
}
constexpr auto buckets = build_buckets();

const CommandInfo* find(std::string_view upper_name) {
  std::size_t at = hash_name(upper_name) % bucket_count;
  while (buckets[at] != 0) {
    const CommandInfo& candidate = table[buckets[at] - 1];
    if (candidate.name == upper_name) {
      return &candidate;
    }
    at = (at + 1) % bucket_count;
  }
  return nullptr;
}

/// Copies a word in upper case behind `used`; returns the new length, or 0 when it does not fit.
std::size_t append_upper(std::array<char, longest_name>& buffer, std::size_t used, std::string_view word) {
  if (used + word.size() > buffer.size()) {
    return 0;
  }
  for (const char c : word) {
    buffer[used++] = upper(c);
  }
  return used;
}

bool asks_to_block(const Command& command) {
  for (std::size_t at = 1; at < command.size(); ++at) {
    const std::string_view word = command[at];
    if (word.size() == 5 && upper(word[0]) == 'B' && upper(word[1]) == 'L' && upper(word[2]) == 'O' &&
        upper(word[3]) == 'C' && upper(word[4]) == 'K') {
      return true;
    }
  }
  return false;
}

/// Exceptions that depend on the arguments.
CommandKind refine(const Command& command, const CommandInfo& info) {
  if (info.name == "EXISTS" && command.size() != 2) {
    return plain;  // counts several keys
  }
  if (info.kind == cacheable && command.size() < 2) {
    return plain;  // the server will say what is wrong with it
  }
  if ((info.name == "XREADGROUP" || info.name == "XREAD") && !asks_to_block(command)) {
    return info.name == "XREAD" ? plain : unknown_keys;
  }
  return info.name == "XREADGROUP" ? blocking : info.kind;
}

/// BLMPOP timeout numkeys key [key ...]
void counted_keys(const Command& command, Keys& out) {
  std::size_t count = 0;
  if (command.size() > 2) {
    for (const char digit : command[2].substr(0, 6)) {
      count = digit >= '0' && digit <= '9' ? count * 10 + static_cast<std::size_t>(digit - '0') : 0;
    }
  }
  for (std::size_t at = 3; at < command.size() && at < 3 + count; ++at) {
    out.push_back(command[at]);
  }
}

/// XREAD [BLOCK milliseconds] ... STREAMS key [key ...] id [id ...], or XREADGROUP GROUP group consumer ... the same
void stream_keys(const Command& command, std::size_t options, Keys& out) {
  for (std::size_t at = options; at < command.size(); ++at) {
    std::array<char, longest_name> buffer;
    const std::size_t length = append_upper(buffer, 0, command[at]);
    if (std::string_view{buffer.data(), length} == "STREAMS") {
      const std::size_t count = (command.size() - at - 1) / 2;
      for (std::size_t key = at + 1; key <= at + count; ++key) {
        out.push_back(command[key]);
      }
      return;
    }
  }
}

}  // namespace

Classified classify(const Command& command) {
  std::array<char, longest_name> buffer;
  std::size_t length = append_upper(buffer, 0, command[0]);
  const CommandInfo* info = length == 0 ? nullptr : find({buffer.data(), length});
  if (info != nullptr && info->kind == container && command.size() > 1 && length < buffer.size()) {
    buffer[length] = ' ';
    const std::size_t joined = append_upper(buffer, length + 1, command[1]);
    info = joined == 0 ? nullptr : find({buffer.data(), joined});
    if (info == nullptr) {
      return {{}, plain, nullptr};  // HELP and mistakes: subcommands that write are all listed
    }
  }
  if (info == nullptr) {
    return {};
  }
  return {info->name, info->kind == container ? plain : refine(command, *info), info};
}

void keys_of(const Command& command, const Classified& classified, Keys& out) {
  if (classified.info == nullptr) {
    return;
  }
  if (classified.info->step == 0) {
    if (classified.name == "BLMPOP" || classified.name == "BZMPOP") {
      counted_keys(command, out);
    } else if (classified.name == "XREAD" || classified.name == "XREADGROUP") {
      stream_keys(command, classified.name == "XREAD" ? 1 : 4, out);
    }
    return;
  }
  const auto& info = *classified.info;
  const auto size = static_cast<std::ptrdiff_t>(command.size());
  const std::ptrdiff_t last = info.last < 0 ? size + info.last : info.last;
  for (std::ptrdiff_t at = info.first; at <= last && at < size; at += info.step) {
    out.push_back(command[static_cast<std::size_t>(at)]);
  }
}

}  // namespace trackside::client
