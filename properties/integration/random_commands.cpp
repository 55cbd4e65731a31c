// Commands as templates: "k" stands for a key, "v" for a value, and so on; see `fill`.
//
// Left out is what the two cannot agree on: orders that depend on the real server's hash seed, random members, and
// times to live that differ by less than the clocks do.
#include "properties/integration/random_commands.hpp"

#include <map>
#include <sstream>
#include <string>

#include "properties/integration/data_templates.hpp"

namespace trackside::testing {
namespace {

/// KEY, VAL (a value), NUM (a small number), IDX (an index), EXP (an expiry far away), FLD (a field), SCR (a score).
const Templates& string_templates() {
  static const Templates templates{
      "GET KEY", "GET KEY", "GET KEY", "SET KEY VAL", "SET KEY VAL", "SET KEY VAL NX", "SET KEY VAL XX",
      "SET KEY VAL GET", "SET KEY VAL KEEPTTL", "SET KEY VAL EX EXP", "SET KEY VAL NX GET", "SET KEY VAL PX 1 EX 2",
      "SET KEY VAL EX NUM XX EXP", "SETNX KEY VAL", "SETEX KEY EXP VAL", "PSETEX KEY 0 VAL", "GETSET KEY VAL",
      "GETDEL KEY", "GETEX KEY", "GETEX KEY PERSIST", "GETEX KEY EX EXP", "GETEX KEY PXAT 1", "MGET KEY KEY",
      "MGET KEY KEY KEY", "MSET KEY VAL KEY VAL", "MSET KEY VAL KEY", "MSETNX KEY VAL KEY VAL", "APPEND KEY VAL",
      "STRLEN KEY", "INCR KEY", "DECR KEY", "INCRBY KEY NUM", "DECRBY KEY NUM", "INCRBYFLOAT KEY SCR",
      "GETRANGE KEY IDX IDX", "SETRANGE KEY IDX VAL", "SETRANGE KEY 0 ", "APPEND KEY ",
      "INCRBY KEY 9223372036854775807"};
  return templates;
}

const Templates& container_templates() {
  static const Templates templates{
      "HSET KEY FLD VAL", "HSET KEY FLD VAL FLD VAL", "HSET KEY FLD VAL FLD", "HMSET KEY FLD VAL",
      "HSETNX KEY FLD VAL", "HGET KEY FLD", "HMGET KEY FLD FLD", "HGETALL KEY", "HKEYS KEY", "HVALS KEY", "HLEN KEY",
      "HEXISTS KEY FLD", "HSTRLEN KEY FLD", "HDEL KEY FLD FLD", "HINCRBY KEY FLD NUM", "SADD KEY NUM NUM",
      "SREM KEY NUM NUM", "SMEMBERS KEY", "SISMEMBER KEY NUM", "SMISMEMBER KEY NUM NUM", "SCARD KEY",
      "SMOVE KEY KEY NUM", "SINTER KEY KEY", "SUNION KEY KEY", "SDIFF KEY KEY", "LPUSH KEY VAL VAL", "RPUSH KEY VAL",
      "LPUSHX KEY VAL", "RPUSHX KEY VAL", "LPOP KEY", "RPOP KEY", "LPOP KEY NUM", "LRANGE KEY IDX IDX", "LLEN KEY",
      "LINDEX KEY IDX", "LSET KEY IDX VAL", "LREM KEY IDX VAL", "LTRIM KEY IDX IDX", "LINSERT KEY BEFORE VAL VAL",
      "LINSERT KEY AFTER VAL VAL", "RPOPLPUSH KEY KEY", "LMOVE KEY KEY LEFT RIGHT", "LMOVE KEY KEY RIGHT LEFT",
      "ZADD KEY SCR FLD", "ZADD KEY SCR FLD SCR FLD", "ZADD KEY NX SCR FLD", "ZADD KEY XX CH SCR FLD",
      "ZADD KEY GT SCR FLD", "ZADD KEY LT CH SCR FLD", "ZADD KEY INCR SCR FLD", "ZADD KEY NX INCR SCR FLD",
      "ZREM KEY FLD FLD", "ZSCORE KEY FLD", "ZMSCORE KEY FLD FLD", "ZRANGE KEY IDX IDX",
      "ZRANGE KEY IDX IDX WITHSCORES", "ZRANGE KEY SCR SCR BYSCORE", "ZRANGE KEY SCR SCR BYSCORE REV LIMIT IDX IDX",
      "ZRANGE KEY IDX IDX REV WITHSCORES", "ZRANGEBYSCORE KEY SCR SCR WITHSCORES LIMIT NUM IDX",
      "ZRANGEBYSCORE KEY (SCR +inf", "ZRANK KEY FLD", "ZREVRANK KEY FLD", "ZCARD KEY", "ZCOUNT KEY SCR SCR",
      "ZINCRBY KEY SCR FLD"};
  return templates;
}

const Templates& key_templates() {
  static const Templates templates{
      "DEL KEY", "DEL KEY KEY", "UNLINK KEY", "EXISTS KEY KEY", "TYPE KEY", "TTL KEY", "PTTL KEY", "EXPIRETIME KEY",
      "PEXPIRETIME KEY", "EXPIRE KEY EXP", "EXPIRE KEY EXP NX", "EXPIRE KEY EXP XX", "EXPIRE KEY 1500000 GT",
      "EXPIRE KEY 2500000 GT", "EXPIRE KEY EXP LT", "EXPIRE KEY EXP NX GT", "EXPIRE KEY EXP GT LT", "EXPIRE KEY -1",
      "PEXPIRE KEY 0", "EXPIREAT KEY 1", "PEXPIREAT KEY 4102444800000", "EXPIREAT KEY 4102444800", "PERSIST KEY",
      "RENAME KEY KEY", "RENAMENX KEY KEY", "COPY KEY KEY", "COPY KEY KEY REPLACE", "COPY KEY KEY DB 1",
      "TOUCH KEY KEY", "KEYS KEY", "SCAN 0 MATCH KEY COUNT 1000", "DBSIZE", "FLUSHDB", "FLUSHALL", "FLUSHALL ASYNC",
      "FLUSHALL FOO", "SWAPDB 0 1", "SWAPDB 0 x", "SELECT 0", "SELECT 1", "SELECT 99"};
  return templates;
}

const Templates& session_templates() {
  static const Templates templates{
      "PING", "PING VAL", "ECHO VAL", "HELLO", "HELLO 2", "HELLO 3", "HELLO 4", "HELLO x", "HELLO 3 SETNAME VAL",
      "HELLO 3 FOO", "AUTH x", "AUTH default x", "CLIENT ID", "CLIENT GETNAME", "CLIENT SETNAME VAL",
      "CLIENT GETREDIR", "CLIENT TRACKINGINFO", "CLIENT NO-EVICT ON", "CLIENT REPLY ON", "CLIENT REPLY SKIP",
      "CLIENT REPLY OFF", "CLIENT FOO", "CLIENT", "CONFIG GET timeout", "LATENCY HISTOGRAM nosuch", "RESET", "MULTI",
      "MULTI", "EXEC", "EXEC", "EXEC", "EXEC x", "DISCARD", "WATCH KEY", "WATCH KEY KEY", "UNWATCH", "NOSUCH KEY VAL",
      "GET", "SET KEY", "CLIENT|ID", "CLIENT KILL ID 1", "CLIENT KILL ID CID", "EVAL SCRIPT 0 KEY VAL", "QUIT",
      "BLPOP KEY KEY 0", "BRPOP KEY 0", "BLPOP KEY x", "CLIENT KILL ID 0"};
  return templates;
}

const Templates& tracking_templates() {
  static const Templates templates{
      "CLIENT TRACKING ON", "CLIENT TRACKING ON", "CLIENT TRACKING OFF", "CLIENT TRACKING ON NOLOOP",
      "CLIENT TRACKING ON OPTIN", "CLIENT TRACKING ON OPTOUT", "CLIENT TRACKING ON OPTIN OPTOUT",
      "CLIENT TRACKING ON OPTIN NOLOOP", "CLIENT TRACKING ON BCAST", "CLIENT TRACKING ON BCAST NOLOOP",
      "CLIENT TRACKING ON BCAST PREFIX KEY", "CLIENT TRACKING ON BCAST PREFIX KEY PREFIX KEY",
      "CLIENT TRACKING ON BCAST OPTIN", "CLIENT TRACKING ON PREFIX KEY", "CLIENT TRACKING ON REDIRECT CID",
      "CLIENT TRACKING ON REDIRECT CID NOLOOP", "CLIENT TRACKING ON BCAST REDIRECT CID",
      "CLIENT TRACKING ON REDIRECT x", "CLIENT TRACKING ON REDIRECT 0",
      "CLIENT TRACKING ON REDIRECT CID REDIRECT CID", "CLIENT TRACKING ON FOO", "CLIENT TRACKING",
      "CLIENT TRACKING FOO", "CLIENT CACHING YES", "CLIENT CACHING YES", "CLIENT CACHING NO", "CLIENT CACHING FOO",
      "CLIENT TRACKING ON BCAST PREFIX x PREFIX ab PREFIX a", "CLIENT TRACKING OFF FOO", "CLIENT TRACKING ON PREFIX"};
  return templates;
}

/// CHN: a channel. No channel is matched by two patterns: which would be told first is up to a hash seed.
const Templates& subscriber_templates() {
  static const Templates templates{
      "SUBSCRIBE CHN", "SUBSCRIBE CHN CHN", "SUBSCRIBE", "UNSUBSCRIBE CHN", "UNSUBSCRIBE", "UNSUBSCRIBE", "UNSUBSCRIBE",
      "PSUBSCRIBE c*", "PSUBSCRIBE c* __redis__:[a-z]*", "PUNSUBSCRIBE c*", "PUNSUBSCRIBE", "PUNSUBSCRIBE",
      "PUBLISH CHN VAL", "PUBLISH CHN VAL", "PUBLISH CHN", "PING", "PING VAL", "RESET",
      "CLIENT TRACKING ON REDIRECT CID", "CLIENT TRACKING ON REDIRECT CID NOLOOP",
      "CLIENT TRACKING ON REDIRECT CID OPTIN", "CLIENT TRACKING ON BCAST REDIRECT CID", "GET KEY", "MGET KEY KEY KEY",
      "SET KEY VAL", "SET KEY VAL", "CLIENT LIST ID CID CID", "CLIENT LIST ID CID 999999", "CLIENT LIST ID x",
      "CLIENT LIST ID", "CLIENT LIST", "CLIENT LIST TYPE pubsub", "CLIENT LIST TYPE normal", "CLIENT LIST TYPE VAL",
      "CLIENT INFO", "CLIENT KILL TYPE pubsub", "CLIENT GETREDIR", "CLIENT TRACKINGINFO"};
  return templates;
}

const std::vector<std::string> keys{"a", "ab", "b", "{c}"};
const std::vector<std::string> logs{"log", "{log}2"};
const std::vector<std::string> values{"x", "y", "1", "2", "10", "-3", "1.5", "", "a\r\nb", "two words"};
const std::vector<std::string> numbers{"0", "1", "2", "3", "-1", "7"};
const std::vector<std::string> indexes{"0", "1", "2", "-1", "-2", "-100", "100"};
const std::vector<std::string> expiries{"1000000", "2000000", "3000000"};
const std::vector<std::string> fields{"f", "g", "h"};
const std::vector<std::string> scores{"0", "1", "1.5", "-2", "inf", "-inf", "2.25", "nan"};
const std::vector<std::string> clients{"@0", "@1", "@2"};
const std::vector<std::string> stream_ids{"0", "1-1", "1-*", "2", "3-0", "4-5", "0-0", "7", "x"};
const std::vector<std::string> units{"m", "km", "ft", "mi", "KM", "parsec"};
const std::vector<std::string> radii{"0", "1", "200", "1000", "20000", "-1", "x"};
const std::vector<std::string> channels{"ch", "__redis__:invalidate"};

rc::Gen<std::string> word_for(const std::string& word) {
  const auto one_of = [](const std::vector<std::string>& choices) { return rc::gen::elementOf(choices); };
  if (word == "KEY") return one_of(keys);
  if (word == "LOG") return one_of(logs);
  if (word == "VAL") return one_of(values);
  if (word == "NUM") return one_of(numbers);
  if (word == "IDX") return one_of(indexes);
  if (word == "EXP") return one_of(expiries);
  if (word == "FLD") return one_of(fields);
  if (word == "SCR") return one_of(scores);
  if (word == "(SCR") return rc::gen::map(one_of(scores), [](const std::string& score) { return "(" + score; });
  if (word == "CID") return one_of(clients);
  if (word == "UNIT") return one_of(units);
  if (word == "RAD") return one_of(radii);
  if (word == "CHN") return one_of(channels);
  if (word == "SID") return one_of(stream_ids);
  if (word == "(SID") return rc::gen::map(one_of(stream_ids), [](const std::string& id) { return "(" + id; });
  if (word == "READING") return rc::gen::just<std::string>("return redis.call('GET', KEYS[1])");
  if (word == "WRITING")
    return rc::gen::just<std::string>("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])");
  if (word == "TRYING") return rc::gen::just<std::string>("return {redis.pcall('INCR', KEYS[1]), KEYS[1]}");
  if (word == "SCRIPT") return rc::gen::just<std::string>("return redis.call('SET', ARGV[1], ARGV[2])");
  return rc::gen::just(word);
}

Words split(const std::string& text) {
  Words words;
  std::istringstream stream{text};
  for (std::string word; stream >> word;) words.push_back(word);
  if (text.ends_with(' ')) words.emplace_back();
  return words;
}

rc::Gen<Words> filled(const std::string& text) {
  return rc::gen::exec([text] {
    Words words = split(text);
    for (std::string& word : words) word = *word_for(word);
    return words;
  });
}

rc::Gen<Words> from(const Templates& templates) {
  return rc::gen::mapcat(rc::gen::elementOf(templates), [](const std::string& text) { return filled(text); });
}

rc::Gen<Words> any_command() {
  return rc::gen::weightedOneOf<Words>({{8, from(string_templates())},
                                        {8, from(container_templates())},
                                        {5, from(key_templates())},
                                        {3, from(session_templates())},
                                        {4, from(tracking_templates())},
                                        {4, from(subscriber_templates())},
                                        {2, from(bitmap_templates())},
                                        {2, from(list_and_set_templates())},
                                        {3, from(zset_templates())},
                                        {3, from(stream_templates())},
                                        {1, from(place_templates())},
                                        {1, from(hyperloglog_templates())},
                                        {1, from(looking_templates())},
                                        {2, from(script_templates())},
                                        {2, from(waiting_templates())}});
}

rc::Gen<Step> step_of(const rc::Gen<Words>& command) {
  return rc::gen::exec([command] {
    Step step;
    step.connection = *rc::gen::inRange<std::size_t>(0, twin_connections);
    const std::size_t count = *rc::gen::weightedElement<std::size_t>({{8, 1}, {2, 2}, {1, 4}});
    for (std::size_t index = 0; index < count; ++index) step.commands.push_back(*command);
    return step;
  });
}

const std::map<std::string, rc::Gen<Words>>& commands_about() {
  static const std::map<std::string, rc::Gen<Words>> commands{
      {"strings", from(string_templates())},
      {"bitmaps", from(bitmap_templates())},
      {"containers", from(container_templates())},
      {"lists_and_sets", from(list_and_set_templates())},
      {"sorted_sets", from(zset_templates())},
      {"streams", rc::gen::oneOf(from(stream_templates()), from(rare_stream_templates()))},
      {"places", from(place_templates())},
      {"hyperloglogs", from(hyperloglog_templates())},
      {"scripts", from(script_templates())},
      {"waiting_for_data", from(waiting_templates())},
      {"looking_around", from(looking_templates())}};
  return commands;
}

}  // namespace

rc::Gen<Step> any_step() { return step_of(any_command()); }

std::vector<std::string> subjects() {
  std::vector<std::string> names;
  for (const auto& [name, command] : commands_about()) names.push_back(name);
  return names;
}

rc::Gen<Step> any_step_about(const std::string& subject) {
  return step_of(rc::gen::weightedOneOf<Words>({{9, commands_about().at(subject)}, {1, any_command()}}));
}

rc::Gen<std::vector<Step>> any_prelude() {
  return rc::gen::exec([] {
    std::vector<Step> steps;
    for (std::size_t connection = 0; connection < twin_connections; ++connection) {
      const bool resp3 = *rc::gen::weightedElement<bool>({{3, true}, {1, false}});
      if (resp3) steps.push_back({connection, {{"HELLO", "3"}}});
      const std::string mode =
          *rc::gen::element<std::string>("", "ON", "ON", "ON OPTIN", "ON OPTOUT", "ON BCAST", "ON NOLOOP",
                                         "ON BCAST NOLOOP", "ON REDIRECT CID", "ON BCAST PREFIX a");
      if (!mode.empty()) steps.push_back({connection, {*filled("CLIENT TRACKING " + mode)}});
      const bool listens = *rc::gen::weightedElement<bool>({{1, true}, {3, false}});
      if (listens) steps.push_back({connection, {*filled("SUBSCRIBE CHN")}});
    }
    return steps;
  });
}

}  // namespace trackside::testing
