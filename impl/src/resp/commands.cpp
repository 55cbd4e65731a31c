// The table: what each command sends, and how the replies are read that their type does not explain.
#include "trackside/commands.hpp"

#include <array>
#include <charconv>

namespace trackside {

// PTTL: milliseconds, or -1 if the key does not expire, or -2 if there is none.
Result<TimeToLive> ReplyConverter<TimeToLive>::convert(ReplyView reply) {
  using std::chrono::milliseconds;
  const auto left = reply_as<std::int64_t>(reply);
  if (!left) return left.error();
  if (*left == -2) return TimeToLive{};
  if (*left == -1) return TimeToLive{TimeToLive::State::persistent, milliseconds{0}};
  if (*left < 0) return Errc::integer_out_of_range;
  return TimeToLive{TimeToLive::State::expires, milliseconds{*left}};
}

namespace commands {

namespace {

// Enough for any integer, and for any double in its shortest form. Redis takes "inf" and "-inf" as they are.
class Number {
 public:
  template <class T>
  explicit Number(T value) {
    const auto written = std::to_chars(characters_.data(), characters_.data() + characters_.size(), value);
    size_ = static_cast<std::size_t>(written.ptr - characters_.data());
  }
  operator std::string_view() const noexcept { return {characters_.data(), size_}; }  // NOLINT: an argument

 private:
  std::array<char, 32> characters_{};
  std::size_t size_ = 0;
};

template <class List>
Command with(Command command, const List& list) {
  for (const std::string_view argument : list) command.add(argument);
  return command;
}

// SET with a condition: OK if it was set, null if not.
Result<bool> read_was_set(ReplyView reply) {
  if (reply.is_null()) return false;
  const Result<void> read = reply_as<void>(reply);
  if (!read) return {convert::in_place_error, read.error()};
  return true;
}

Command range_of(std::string_view name, std::string_view key, IndexRange range) {
  return {name, key, Number{range.first}, Number{range.last}};
}

}  // namespace

TypedCommand<std::int64_t> del(const StringList& keys) { return with({"DEL"}, keys); }
TypedCommand<std::int64_t> unlink(const StringList& keys) { return with({"UNLINK"}, keys); }
TypedCommand<std::int64_t> exists(const StringList& keys) { return with({"EXISTS"}, keys); }
TypedCommand<bool> expire(std::string_view key, milliseconds time_to_live) {
  return Command{"PEXPIRE", key, Number{time_to_live.count()}};
}
TypedCommand<bool> persist(std::string_view key) { return Command{"PERSIST", key}; }
TypedCommand<TimeToLive> ttl(std::string_view key) { return Command{"PTTL", key}; }
TypedCommand<std::string> type(std::string_view key) { return Command{"TYPE", key}; }

TypedCommand<MaybeString> get(std::string_view key) { return Command{"GET", key}; }
TypedCommand<std::vector<MaybeString>> mget(const StringList& keys) { return with({"MGET"}, keys); }
TypedCommand<void> set(std::string_view key, std::string_view value) { return Command{"SET", key, value}; }
TypedCommand<void> set(std::string_view key, std::string_view value, milliseconds time_to_live) {
  return Command{"SET", key, value, "PX", Number{time_to_live.count()}};
}
TypedCommand<bool> set_if_absent(std::string_view key, std::string_view value) {
  return {{"SET", key, value, "NX"}, &read_was_set};
}
TypedCommand<bool> set_if_absent(std::string_view key, std::string_view value, milliseconds time_to_live) {
  return {{"SET", key, value, "NX", "PX", Number{time_to_live.count()}}, &read_was_set};
}
TypedCommand<void> mset(const StringPairs& values) { return with({"MSET"}, values); }
TypedCommand<MaybeString> getdel(std::string_view key) { return Command{"GETDEL", key}; }
TypedCommand<std::int64_t> incrby(std::string_view key, std::int64_t increment) {
  return Command{"INCRBY", key, Number{increment}};
}
TypedCommand<double> incrbyfloat(std::string_view key, double increment) {
  return Command{"INCRBYFLOAT", key, Number{increment}};
}
TypedCommand<std::int64_t> append(std::string_view key, std::string_view value) {
  return Command{"APPEND", key, value};
}
TypedCommand<std::int64_t> strlen(std::string_view key) { return Command{"STRLEN", key}; }

TypedCommand<MaybeString> hget(std::string_view key, std::string_view field) { return Command{"HGET", key, field}; }
TypedCommand<std::vector<MaybeString>> hmget(std::string_view key, const StringList& fields) {
  return with({"HMGET", key}, fields);
}
TypedCommand<StringMap> hgetall(std::string_view key) { return Command{"HGETALL", key}; }
TypedCommand<std::int64_t> hset(std::string_view key, const StringPairs& fields) { return with({"HSET", key}, fields); }
TypedCommand<std::int64_t> hdel(std::string_view key, const StringList& fields) { return with({"HDEL", key}, fields); }
TypedCommand<bool> hexists(std::string_view key, std::string_view field) { return Command{"HEXISTS", key, field}; }
TypedCommand<std::int64_t> hlen(std::string_view key) { return Command{"HLEN", key}; }
TypedCommand<Strings> hkeys(std::string_view key) { return Command{"HKEYS", key}; }
TypedCommand<Strings> hvals(std::string_view key) { return Command{"HVALS", key}; }
TypedCommand<std::int64_t> hincrby(std::string_view key, std::string_view field, std::int64_t increment) {
  return Command{"HINCRBY", key, field, Number{increment}};
}

TypedCommand<std::int64_t> lpush(std::string_view key, const StringList& values) {
  return with({"LPUSH", key}, values);
}
TypedCommand<std::int64_t> rpush(std::string_view key, const StringList& values) {
  return with({"RPUSH", key}, values);
}
TypedCommand<MaybeString> lpop(std::string_view key) { return Command{"LPOP", key}; }
TypedCommand<MaybeString> rpop(std::string_view key) { return Command{"RPOP", key}; }
TypedCommand<Strings> lrange(std::string_view key, IndexRange range) { return range_of("LRANGE", key, range); }
TypedCommand<MaybeString> lindex(std::string_view key, std::int64_t index) {
  return Command{"LINDEX", key, Number{index}};
}
TypedCommand<std::int64_t> llen(std::string_view key) { return Command{"LLEN", key}; }

TypedCommand<std::int64_t> sadd(std::string_view key, const StringList& members) {
  return with({"SADD", key}, members);
}
TypedCommand<std::int64_t> srem(std::string_view key, const StringList& members) {
  return with({"SREM", key}, members);
}
TypedCommand<Strings> smembers(std::string_view key) { return Command{"SMEMBERS", key}; }
TypedCommand<bool> sismember(std::string_view key, std::string_view member) {
  return Command{"SISMEMBER", key, member};
}
TypedCommand<std::int64_t> scard(std::string_view key) { return Command{"SCARD", key}; }

TypedCommand<bool> zadd(std::string_view key, double score, std::string_view member) {
  return Command{"ZADD", key, Number{score}, member};
}
TypedCommand<std::int64_t> zrem(std::string_view key, const StringList& members) {
  return with({"ZREM", key}, members);
}
TypedCommand<Strings> zrange(std::string_view key, IndexRange range) { return range_of("ZRANGE", key, range); }
TypedCommand<ScoredStrings> zrange_with_scores(std::string_view key, IndexRange range) {
  return range_of("ZRANGE", key, range).add("WITHSCORES");
}
TypedCommand<std::optional<double>> zscore(std::string_view key, std::string_view member) {
  return Command{"ZSCORE", key, member};
}
TypedCommand<std::optional<std::int64_t>> zrank(std::string_view key, std::string_view member) {
  return Command{"ZRANK", key, member};
}
TypedCommand<std::int64_t> zcard(std::string_view key) { return Command{"ZCARD", key}; }
TypedCommand<double> zincrby(std::string_view key, double increment, std::string_view member) {
  return Command{"ZINCRBY", key, Number{increment}, member};
}

TypedCommand<void> ping() { return Command{"PING"}; }
TypedCommand<std::int64_t> publish(std::string_view channel, std::string_view message) {
  return Command{"PUBLISH", channel, message};
}

}  // namespace commands

}  // namespace trackside
