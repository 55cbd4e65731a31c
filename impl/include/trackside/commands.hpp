// The usual commands with the types of their replies: one table for the asynchronous and the blocking client.
//
// An entry is a function that makes a `TypedCommand<T>`: the command, and how its reply becomes a T. `AsyncCommands`
// and `BlockingCommands` have a member for each; entries of your own are given to `async_call` or `call` as they are.
// Names are Redis's. Keys, fields and values are any bytes; they are copied into the command, so views need to live
// only as long as the call that makes it. Times to live go to the server in milliseconds.
// Errors in place of a T: those of `reply_as`; error_reply if the server refused, say because a key is of another type.
// Source: https://redis.io/commands
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "trackside/command.hpp"
#include "trackside/convert.hpp"

namespace trackside {

/// A command, and how its reply is read.
template <OwnedFromReply T>
struct TypedCommand {
  using value_type = T;
  using Reader = Result<T> (*)(ReplyView reply);

  TypedCommand(Command what, Reader how = &reply_as<T>) : command(std::move(what)), read(how) {}  // NOLINT: on purpose

  Command command;
  Reader read;
};

/// Any TypedCommand. Deduced, never converted to: braces shall be a Command.
template <class T>
concept AnyTypedCommand = std::same_as<T, TypedCommand<typename T::value_type>>;

/// Keys, fields or members: {"a", "b"}, or any range of strings. Views, for the call at hand.
class StringList {
 public:
  template <std::convertible_to<std::string_view>... Strings>
    requires(sizeof...(Strings) > 0)
  StringList(const Strings&... strings) : strings_{std::string_view{strings}...} {}  // NOLINT: braces are a list

  template <class Range>
    requires(!std::convertible_to<const Range&, std::string_view> &&
             requires(const Range& range) { std::string_view{*std::begin(range)}; })
  StringList(const Range& range) {  // NOLINT: a range is a list
    for (const auto& string : range) strings_.push_back(std::string_view{string});
  }

  auto begin() const noexcept { return strings_.begin(); }
  auto end() const noexcept { return strings_.end(); }

 private:
  boost::container::small_vector<std::string_view, 8> strings_;
};

/// Keys or fields with values: {"f1", "v1", "f2", "v2"}, or any range of pairs of strings, such as a map.
class StringPairs {
 public:
  template <std::convertible_to<std::string_view>... Strings>
    requires(sizeof...(Strings) > 0 && sizeof...(Strings) % 2 == 0)
  StringPairs(const Strings&... strings) : strings_{std::string_view{strings}...} {}  // NOLINT: braces are a list

  template <class Range>
    requires requires(const Range& range) {
      std::string_view{std::begin(range)->first};
      std::string_view{std::begin(range)->second};
    }
  StringPairs(const Range& range) {  // NOLINT: a range is a list
    for (const auto& [first, second] : range) {
      strings_.push_back(std::string_view{first});
      strings_.push_back(std::string_view{second});
    }
  }

  auto begin() const noexcept { return strings_.begin(); }
  auto end() const noexcept { return strings_.end(); }

 private:
  boost::container::small_vector<std::string_view, 8> strings_;
};

/// Positions in a list or sorted set, both included; negative ones count from the end. {} is all of it.
struct IndexRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

/// What PTTL answers.
struct TimeToLive {
  enum class State : std::uint8_t { no_key, persistent, expires };

  State state = State::no_key;
  std::chrono::milliseconds left{0};  // 0 unless it expires

  friend bool operator==(const TimeToLive&, const TimeToLive&) = default;
};

template <>
struct ReplyConverter<TimeToLive> {
  static Result<TimeToLive> convert(ReplyView reply);
};

namespace commands {

using std::chrono::milliseconds;
using Strings = std::vector<std::string>;
using MaybeString = std::optional<std::string>;
using StringMap = std::map<std::string, std::string>;
using ScoredStrings = std::vector<std::pair<std::string, double>>;

// ---- keys ----

/// How many of the keys there were.
TypedCommand<std::int64_t> del(const StringList& keys);
TypedCommand<std::int64_t> unlink(const StringList& keys);
/// How many of the keys there are; one named twice counts twice.
TypedCommand<std::int64_t> exists(const StringList& keys);
/// Whether there is such a key.
TypedCommand<bool> expire(std::string_view key, milliseconds time_to_live);
/// Whether there is such a key and it had a time to live.
TypedCommand<bool> persist(std::string_view key);
TypedCommand<TimeToLive> ttl(std::string_view key);
/// "string", "hash", ...; "none" if there is no such key.
TypedCommand<std::string> type(std::string_view key);

// ---- strings ----

TypedCommand<MaybeString> get(std::string_view key);
TypedCommand<std::vector<MaybeString>> mget(const StringList& keys);
/// Without a time to live; removes the one there was.
TypedCommand<void> set(std::string_view key, std::string_view value);
/// A time to live below a millisecond is refused by the server.
TypedCommand<void> set(std::string_view key, std::string_view value, milliseconds time_to_live);
/// SET NX: sets it only if there is no such key. Whether it was set.
TypedCommand<bool> set_if_absent(std::string_view key, std::string_view value);
TypedCommand<bool> set_if_absent(std::string_view key, std::string_view value, milliseconds time_to_live);
TypedCommand<void> mset(const StringPairs& values);
TypedCommand<MaybeString> getdel(std::string_view key);
/// The value afterwards.
TypedCommand<std::int64_t> incrby(std::string_view key, std::int64_t increment);
TypedCommand<double> incrbyfloat(std::string_view key, double increment);
/// The length afterwards.
TypedCommand<std::int64_t> append(std::string_view key, std::string_view value);
TypedCommand<std::int64_t> strlen(std::string_view key);

// ---- hashes ----

TypedCommand<MaybeString> hget(std::string_view key, std::string_view field);
TypedCommand<std::vector<MaybeString>> hmget(std::string_view key, const StringList& fields);
TypedCommand<StringMap> hgetall(std::string_view key);
/// How many of the fields are new.
TypedCommand<std::int64_t> hset(std::string_view key, const StringPairs& fields);
TypedCommand<std::int64_t> hdel(std::string_view key, const StringList& fields);
TypedCommand<bool> hexists(std::string_view key, std::string_view field);
TypedCommand<std::int64_t> hlen(std::string_view key);
TypedCommand<Strings> hkeys(std::string_view key);
TypedCommand<Strings> hvals(std::string_view key);
TypedCommand<std::int64_t> hincrby(std::string_view key, std::string_view field, std::int64_t increment);

// ---- lists ----

/// The length afterwards.
TypedCommand<std::int64_t> lpush(std::string_view key, const StringList& values);
TypedCommand<std::int64_t> rpush(std::string_view key, const StringList& values);
TypedCommand<MaybeString> lpop(std::string_view key);
TypedCommand<MaybeString> rpop(std::string_view key);
TypedCommand<Strings> lrange(std::string_view key, IndexRange range);
TypedCommand<MaybeString> lindex(std::string_view key, std::int64_t index);
TypedCommand<std::int64_t> llen(std::string_view key);

// ---- sets ----

/// How many of them were not members before.
TypedCommand<std::int64_t> sadd(std::string_view key, const StringList& members);
TypedCommand<std::int64_t> srem(std::string_view key, const StringList& members);
/// In no order.
TypedCommand<Strings> smembers(std::string_view key);
TypedCommand<bool> sismember(std::string_view key, std::string_view member);
TypedCommand<std::int64_t> scard(std::string_view key);

// ---- sorted sets ----

/// Whether it was no member before; if it was, its score changes.
TypedCommand<bool> zadd(std::string_view key, double score, std::string_view member);
TypedCommand<std::int64_t> zrem(std::string_view key, const StringList& members);
/// Lowest score first.
TypedCommand<Strings> zrange(std::string_view key, IndexRange range);
TypedCommand<ScoredStrings> zrange_with_scores(std::string_view key, IndexRange range);
TypedCommand<std::optional<double>> zscore(std::string_view key, std::string_view member);
/// The position, lowest score first.
TypedCommand<std::optional<std::int64_t>> zrank(std::string_view key, std::string_view member);
TypedCommand<std::int64_t> zcard(std::string_view key);
/// The score afterwards.
TypedCommand<double> zincrby(std::string_view key, double increment, std::string_view member);

// ---- others ----

TypedCommand<void> ping();
/// How many subscribers received it.
TypedCommand<std::int64_t> publish(std::string_view channel, std::string_view message);

}  // namespace commands

}  // namespace trackside
