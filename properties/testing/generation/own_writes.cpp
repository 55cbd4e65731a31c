#include "properties/testing/generation/own_writes.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "properties/testing/generation/stories.hpp"
#include "properties/testing/generation/workload.hpp"
#include "resp/syntax.hpp"

namespace trackside::testing {
namespace {

using sim::Instant;

/// Words are separated by blanks. "K" and "L" are two keys, "V" is a value of its own.
struct OwnWrite {
  std::string_view before;  // what there is: written by somebody else
  std::string_view write;
  std::string_view question;
};

constexpr std::array own_writes{
    OwnWrite{"SET K V", "SET K V", "GET K"},
    OwnWrite{"SET K V", "RENAME K L", "GET K"},
    OwnWrite{"SET K V", "RENAME K L", "GET L"},
    OwnWrite{"SET K V", "RENAMENX K L", "GET K"},
    OwnWrite{"SET K V", "RENAMENX K L", "GET L"},
    OwnWrite{"SET K V", "COPY K L", "GET L"},
    OwnWrite{"MSET K V L old", "COPY K L REPLACE", "GET L"},
    OwnWrite{"SET K V", "APPEND K V", "GET K"},
    OwnWrite{"SET K V", "SETRANGE K 1 V", "GET K"},
    OwnWrite{"SET K V", "SETEX K 100 V", "GET K"},
    OwnWrite{"SET K V", "PSETEX K 100000 V", "GET K"},
    OwnWrite{"DEL K", "SETNX K V", "GET K"},
    OwnWrite{"SET K V", "GETSET K V", "GET K"},
    OwnWrite{"SET K V", "GETDEL K", "GET K"},
    OwnWrite{"SET K 5", "INCR K", "GET K"},
    OwnWrite{"SET K 5", "DECR K", "GET K"},
    OwnWrite{"SET K 5", "INCRBY K 3", "GET K"},
    OwnWrite{"SET K 5", "DECRBY K 3", "GET K"},
    OwnWrite{"SET K 5", "INCRBYFLOAT K 0.5", "GET K"},
    OwnWrite{"SET L V", "MSET K V L V", "GET L"},
    OwnWrite{"DEL K L", "MSETNX K V L V", "GET L"},
    OwnWrite{"MSET K V L V", "DEL K L", "GET L"},
    OwnWrite{"MSET K V L V", "UNLINK K L", "GET L"},
    OwnWrite{"SET K V", "EXPIRE K -1", "GET K"},
    OwnWrite{"SET K V", "PEXPIRE K -1", "GET K"},
    OwnWrite{"SET K V", "EXPIREAT K 1", "GET K"},
    OwnWrite{"SET K V", "PEXPIREAT K 1", "GET K"},
    OwnWrite{"SET K V", "GETEX K PXAT 1", "GET K"},
    OwnWrite{"SET K V", "SETBIT K 1 0", "GET K"},
    OwnWrite{"SET K V", "BITOP NOT L K", "GET L"},
    OwnWrite{"SET K V", "BITFIELD K SET u8 0 65", "GET K"},
    OwnWrite{"PFADD K V", "PFADD K other more", "PFCOUNT K"},
    OwnWrite{"PFADD K V", "PFMERGE L K", "PFCOUNT L"},
    OwnWrite{"HSET K f V", "HSET K f V", "HGET K f"},
    OwnWrite{"HSET K f V", "HMSET K f V g V", "HGETALL K"},
    OwnWrite{"HSET K f V", "HSETNX K g V", "HGET K g"},
    OwnWrite{"HSET K f V", "HDEL K f", "HGET K f"},
    OwnWrite{"HSET K f 5", "HINCRBY K f 1", "HGET K f"},
    OwnWrite{"HSET K f 5", "HINCRBYFLOAT K f 0.5", "HGETALL K"},
    OwnWrite{"RPUSH K a b V", "LPUSH K V", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "RPUSH K V", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LPUSHX K V", "LINDEX K 0"},
    OwnWrite{"RPUSH K a b V", "RPUSHX K V", "LLEN K"},
    OwnWrite{"RPUSH K a b V", "LPOP K", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "RPOP K", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LINSERT K BEFORE b V", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LSET K 1 V", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LREM K 0 b", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LTRIM K 1 -1", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LMOVE K L LEFT RIGHT", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "LMOVE K L LEFT RIGHT", "LRANGE L 0 -1"},
    OwnWrite{"RPUSH K a b V", "RPOPLPUSH K L", "LRANGE L 0 -1"},
    OwnWrite{"RPUSH K a b V", "LMPOP 2 L K LEFT", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "SORT K ALPHA STORE L", "LRANGE L 0 -1"},
    OwnWrite{"RPUSH K a b V", "BLPOP L K 1", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "BRPOP L K 1", "LRANGE K 0 -1"},
    OwnWrite{"RPUSH K a b V", "BLMOVE K L LEFT RIGHT 1", "LRANGE L 0 -1"},
    OwnWrite{"RPUSH K a b V", "BRPOPLPUSH K L 1", "LRANGE L 0 -1"},
    OwnWrite{"RPUSH K a b V", "BLMPOP 1 2 L K LEFT", "LRANGE K 0 -1"},
    OwnWrite{"SADD K a V", "SADD K b", "SMEMBERS K"},
    OwnWrite{"SADD K a V", "SREM K a", "SISMEMBER K a"},
    OwnWrite{"SADD K a V", "SPOP K", "SCARD K"},
    OwnWrite{"SADD K a V", "SMOVE K L a", "SISMEMBER K a"},
    OwnWrite{"SADD K a V", "SMOVE K L a", "SISMEMBER L a"},
    OwnWrite{"SADD K a V", "SDIFFSTORE L K", "SMEMBERS L"},
    OwnWrite{"SADD K a V", "SINTERSTORE L K", "SMEMBERS L"},
    OwnWrite{"SADD K a V", "SUNIONSTORE L K", "SMEMBERS L"},
    OwnWrite{"ZADD K 1 a 2 V", "ZADD K 3 b", "ZCARD K"},
    OwnWrite{"ZADD K 1 a 2 V", "ZINCRBY K 1 a", "ZSCORE K a"},
    OwnWrite{"ZADD K 1 a 2 V", "ZREM K a", "ZSCORE K a"},
    OwnWrite{"ZADD K 1 a 2 V", "ZPOPMIN K", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZPOPMAX K", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZMPOP 2 L K MIN", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "BZPOPMIN L K 1", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "BZPOPMAX L K 1", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "BZMPOP 1 2 L K MIN", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZREMRANGEBYRANK K 0 0", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZREMRANGEBYSCORE K 0 1", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 0 a 0 V", "ZREMRANGEBYLEX K - [a", "ZRANGE K 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZRANGESTORE L K 0 -1", "ZRANGE L 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZUNIONSTORE L 1 K", "ZRANGE L 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZINTERSTORE L 1 K", "ZRANGE L 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "ZDIFFSTORE L 1 K", "ZRANGE L 0 -1"},
    OwnWrite{"ZADD K 1 a 2 V", "GEOADD K 13.3 38.1 b", "ZCARD K"},
    OwnWrite{"GEOADD K 13.3 38.1 V", "GEOSEARCHSTORE L K FROMLONLAT 13 38 BYRADIUS 100 km", "ZCARD L"},
    OwnWrite{"GEOADD K 13.3 38.1 V", "GEORADIUS K 13 38 100 km STORE L", "ZCARD L"},
    OwnWrite{"GEOADD K 13.3 38.1 a", "GEORADIUSBYMEMBER K a 100 km STORE L", "ZCARD L"},
    OwnWrite{"XADD K 1-1 f V", "XADD K * f V", "XLEN K"},
    OwnWrite{"XADD K 1-1 f V", "XDEL K 1-1", "XRANGE K - +"},
    OwnWrite{"XADD K 1-1 f V", "XTRIM K MAXLEN 0", "XLEN K"},
    OwnWrite{"SET K V", "EVAL return{redis.call('SET',KEYS[1],ARGV[1])} 1 K V", "GET K"},
    OwnWrite{"SET K V", "GET K ; SET K V ; EXISTS K", "GET K"},
};

std::vector<std::string> words_of(std::string_view text, const std::string& value) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = resp::next_word(text);
    words.push_back(word == "K" ? "{own}1" : word == "L" ? "{own}2" : word == "V" ? value : std::string{word});
  }
  return words;
}

}  // namespace

void add_own_write(Choices& choices, sim::Scenario& scenario) {
  const OwnWrite& own = own_writes[choices.below("own_write.kind", own_writes.size())];
  const std::uint32_t client = any_client(choices, scenario, "own_write.client");
  const Instant late = some_of(choices, "own_write.delay", scenario.clients[client].max_idle / 8);
  const sim::Fault delay = late_news(scenario, client, early(choices, scenario, "own_write.at"), late);
  add_fault(scenario, delay);
  add_operation(scenario, 0, story_writer, words_of(own.before, next_value(scenario)));
  add_operation(scenario, delay.at, client_at(client), words_of(own.question, ""));
  add_operation(scenario, delay.at + 4 * late, client_at(client), words_of(own.write, next_value(scenario)));
  add_next(scenario, words_of(own.question, ""));
}

}  // namespace trackside::testing
