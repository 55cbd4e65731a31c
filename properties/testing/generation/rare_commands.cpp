#include "properties/testing/generation/rare_commands.hpp"

#include <array>
#include <span>

#include "resp/syntax.hpp"

namespace trackside::testing {
namespace {

using Words = std::vector<std::string>;

/// In the lists below: a key of the type, another one, and a value of this operation's own.
constexpr char first_key = '1';
constexpr char second_key = '2';

/// Words separated by blanks. "s1" and "s2" are two keys of strings, "h1" of hashes, "e1" sets, "l1" lists, "z1" sorted
/// sets, "n1" numbers, "x1" streams, "b1" lists that nobody fills; "V" is the value; "_" is an empty word.
Words words_of(Choices& choices, std::string_view text, std::uint64_t keys, const std::string& value) {
  const std::array numbers{std::to_string(choices.below("rare.key", keys)),
                           std::to_string(choices.below("rare.second_key", keys))};
  Words words;
  while (!text.empty()) {
    const std::string_view word = resp::next_word(text);
    const bool is_key = word.size() == 2 && (word[1] == first_key || word[1] == second_key) && word[0] >= 'a';
    words.push_back(is_key ? word[0] + numbers[word[1] == second_key ? 1 : 0]
                    : word == "V" ? value
                    : word == "_" ? ""
                                  : std::string{word});
  }
  return words;
}

constexpr std::array<std::string_view, 46> typed = {
    "GET n1", "GET n1",
    "INCRBY n1 3", "GET n1", "INCRBYFLOAT n1 0.5", "STRLEN n1", "SET s1 V NX", "SET s1 V NX PX 700", "SETRANGE s1 3 V",
    "TYPE s1", "TYPE h1", "PTTL s1", "UNLINK s1 s2", "EXISTS s1 s2", "HINCRBY h1 n 2", "HKEYS h1", "HVALS h1",
    "HEXISTS h1 f0", "LPUSH l1 V", "RPOP l1", "ZRANGE z1 0 -1", "ZRANK z1 f0", "ZINCRBY z1 2 f0", "XADD x1 * f V",
    "XRANGE x1 - +", "XLEN x1", "MSET s1 V s2 V", "GETRANGE s1 0 -1", "SUBSTR s1 2 1", "TTL s1", "SRANDMEMBER e1",
    "PEXPIRETIME s1", "LPOS l1 x", "HSTRLEN h1 f1", "SETRANGE s1 70000 V", "SET n1 18446744073709551615",
    "SET n1 99999999999999999999", "SET n1 -99999999999999999999", "SET n1 1e300", "SET n1 -0", "SET n1 007",
    "SET s1 \"\\\n\r\t\x01\xff", "SET a-key-with-a-long-name-of-its-own V", "GET a-key-with-a-long-name-of-its-own",
    "HSET h1 a-field-with-a-long-name V", "HGET h1 a-field-with-a-long-name",
};

/// Waits at the server, on a connection of its own.
constexpr std::array<std::string_view, 19> blocking = {
    "BLPOP l1 l2 0.05", "BRPOP l1 0.3", "BLMOVE l1 l2 LEFT RIGHT 0.05", "BLMPOP 0.1 1 l1 LEFT", "BRPOPLPUSH l1 l2 0.02",
    "BZPOPMIN z1 0.1", "BZMPOP 0.1 2 z1 z2 MIN", "XREAD COUNT 1 BLOCK 50 STREAMS x1 $", "XREAD BLOCK 20 STREAMS x1 0",
    "BLPOP s1 0.05", "BZPOPMAX z1 z2 0.02", "XREADGROUP GROUP g c COUNT 1 BLOCK 30 STREAMS x1 >", "BLPOP l1 0.7",
    "BRPOP l1 l2 1.5", "XREAD STREAMS BLOCK 0", "XREAD BLOCK", "BLPOP l1 x",
    "BLPOP b1 0", "BRPOP b1 0",
};

/// Keys in odd places, numbers of them that are none, names that are not known, and words in small letters.
constexpr std::array<std::string_view, 76> odd = {
    "EVAL redis.call('SET',KEYS[1],ARGV[1])return{err='TRYAGAIN\\032later'} 1 s1 V",
    "EVAL redis.call('SET',KEYS[1],ARGV[1])return{err='MOVED\\0321\\03210.1.0.1:6379'} 1 s1 V",
    "EVAL redis.call('SET',KEYS[1],ARGV[1])return{err='LOADING\\032it'} 1 s1 V",
    "SORT l1 STORE l2 ALPHA", "SORT l1 ALPHA", "SORT_RO l1 ALPHA", "ZUNIONSTORE z1 2 z1 z2", "ZUNION 2 z1 z2",
    "ZUNIONSTORE z1 x z1 z2", "ZINTERSTORE z1 99 z2", "ZUNIONSTORE z1 -1 z2", "SUNIONSTORE e1 e1 e2", "SUNION e1 e2",
    "BITOP AND s1 s2 s1", "COPY s1 s2", "COPY s1 s2 DB 1", "copy s1 s2 replace", "LMPOP 1 l1 LEFT", "LMPOP _ l1 LEFT",
    "OBJECT ENCODING s1", "OBJECT NOSUCH s1", "SINTERCARD 2 e1 e2", "ZRANGESTORE z1 z2 0 -1", "GEOADD z1 13.3 38.1 f0",
    "GEORADIUS z1 13 38 100 km", "GEORADIUS z1 13 38 100 km STORE z2", "GEORADIUS z1 13 38 100 km STOREDIST z2",
    "XREAD STREAMS x1 0", "XREAD COUNT 2 STREAMS x1 x2 0 0", "XREAD COUNT 2", "XGROUP CREATE x1 g $ MKSTREAM",
    "XREADGROUP GROUP g c STREAMS x1 >", "EVAL x 99999999999999999999 s1", "EVALSHA abc 1 s1", "EVALSHA abc", "EVAL",
    "NOSUCH s1 V", "NOSUCH", "get s1", "gEt s1", "mget s1 s2", "GET", "MGET", "SET s1", "CLIENT NOSUCH", "CLIENT",
    "CONFIG NOSUCH x", "CONFIG GET maxmemory", "COMMAND", "A_COMMAND_WITH_A_NAME_THAT_IS_LONGER_THAN_ALL_OTHERS s1 V",
    "CONFIG A_SUBCOMMAND_WITH_A_LONG_NAME_TOO", "EXACTLY_AS_LONG_AS_A_NAME_MAY_BE x", "OBJECT _", "DEBUG OBJECT s1",
    "_ s1 V", "_", "PING", "PUBLISH channel V", "TIME", "INFO", "DBSIZE", "CLIENT LIST", "ECHO V",
    "MIGRATE 10.9.9.9 1 s1 0 10", "MIGRATE 10.9.9.9 1 _ 0 10 AUTH2 u p KEYS s1 s2", "NO\nSUCH\rCOMMAND s1",
    "SETRANGE s1 1100000 V",
    "SET s1 V ; GET s1 ; STRLEN s1", "GET s1 ; GET s2 ; EXISTS s1", "HGETALL h1 ; GET s1", "EXISTS s1 ; EXISTS s2",
    "ZRANGE z1 0 -1 WITHSCORES ; HGETALL h1", "HVALS h1 ; LRANGE l1 0 -1 ; SMEMBERS e1", "GET n1", "GET n1",
    "TYPE s1 ; GET n1 ; INCRBY n1 1",
};

/// What a client refuses, for the sake of its links, and transactions of a kind.
constexpr std::array<std::string_view, 20> refused = {
    "SUBSCRIBE channel", "MULTI", "WATCH s1", "WAIT 1 10", "CLIENT REPLY OFF", "HELLO 3", "AUTH x", "MONITOR", "QUIT",
    "CLIENT CACHING YES", "READONLY", "ASKING", "client tracking off", "SET s1 V ; _ x", "FLUSHALL ; GET s1",
    "SWAPDB 0 0 ; GET s1", "GET s1 ; NOSUCH x", "GET s1 ; MGET s1 s2 ; HGETALL h1", "SET s1 V ; BLPOP l1 0",
    "SET n1 7 ; INCRBY n1 1 ; GET n1",
};

constexpr std::array<std::string_view, 24> programs_own = {
    "CACHE GET s1", "CACHE PUT s1", "CACHE FILL s1", "CACHE SEEN s1", "CACHE FEEDBACK s1 yes", "CACHE FEEDBACK s1 no",
    "CACHE INVALIDATE s1", "CACHE FENCE s1 h1", "CACHE FENCE", "CACHE FLUSH", "CACHE RESET", "CACHE COMPACT",
    "CACHE CLEAR", "CACHE LOOK", "CACHE LOOK", "CACHE GET s2", "CACHE FILL s2", "CACHE FENCE s1", "CACHE GET z1",
    "CACHE FILL l1", "CACHE EVICT GET", "CACHE EVICT MGET", "CACHE LOOK", "CACHE LOOK",
};

/// Old programs and people at a terminal speak so, and others by mistake.
constexpr std::array<std::string_view, 25> raw = {
    "PING\r\n",
    "set s0 \"v\\x41\\x7e\\n\\r\\t\\b\\a\\q \\\\ \\\"\"\r\n",
    "set s1 'it\\'s \\n'\r\n",
    "set s0 \"\\xzz\\x4\"\n",
    "get s0\n",
    "  \t \r\n",
    "\r\n",
    "set s0 \"open\r\n",
    "set s0 'open\\\r\n",
    "set s0 \"a\"b\r\n",
    "set s0 \"\\",
    "*0\r\n*-1\r\nPING\r\n",
    "*x\r\n",
    "*\r\n",
    "*3000000000\r\n",
    "*1\r\n+PING\r\n",
    "*1\r\n\r\n",
    "*1\r\n\n\r\n",
    "*1\r\n$x\r\n",
    "*1\r\n$-5\r\n",
    "*1\r\n$999999999999\r\n",
    "*2\r\n$3\r\nGET\r\n$2\r\ns0\r\n",
    "POST / HTTP/1.1\r\nHost: redis\r\n\r\n",
    "\x01\x02\xFF\r\n",
    "append s0 \"\" \r\n",
};

std::string_view pick(Choices& choices, std::string_view name, std::span<const std::string_view> texts) {
  return texts[choices.below(name, texts.size())];
}

Words raw_bytes(Choices& choices) {
  constexpr std::size_t longer_than_allowed = 70'000;
  if (choices.below("rare.long", 16) == 0) {
    constexpr std::array<std::string_view, 3> beginnings = {"", "*", "*1\r\n$"};
    return {"RAW", std::string{pick(choices, "rare.beginning", beginnings)} + std::string(longer_than_allowed, '1')};
  }
  return {"RAW", std::string{pick(choices, "rare.raw", raw)}};
}

}  // namespace

Words programs_own_command(Choices& choices, std::uint64_t keys) {
  return words_of(choices, pick(choices, "rare.own", programs_own), keys, "");
}

Words rare_command(Choices& choices, const sim::Operation& operation, std::uint64_t keys, ProgramsOwn own) {
  const std::string value = "v" + std::to_string(operation.id);
  const auto of = [&](std::string_view name, std::span<const std::string_view> texts) {
    return words_of(choices, pick(choices, name, texts), keys, value);
  };
  if (operation.actor.kind == sim::ActorKind::writer) {
    return choices.below("rare.writers", 2) == 0 ? raw_bytes(choices) : of("rare.typed", typed);
  }
  switch (choices.below("rare.family", 12)) {
    case 0:
    case 1: return of("rare.odd", odd);
    case 2: return of("rare.refused", refused);
    case 3: return of("rare.blocking", blocking);
    case 4:
    case 5:
    case 6:
      if (own == ProgramsOwn::included) return programs_own_command(choices, keys);
      break;
    case 7:
      if (choices.below("rare.many", 8) == 0) {
        constexpr std::size_t more_than_are_looked_up = 300;
        Words words{"MGET"};
        words.resize(more_than_are_looked_up, "n0");  // short, which strings may not be: time limits are for a network
        return words;
      }
      break;
    default: break;
  }
  return of("rare.typed", typed);
}

}  // namespace trackside::testing
