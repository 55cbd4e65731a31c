// The table of typed commands as members of a client that waits: `client.get("k")`.
//
// Each takes the arguments of its entry in `commands.hpp`, which says what they mean, and returns a `Result<T>` of the
// entry's T: `*result`, `result.error()`, or `result.value()`, which throws a boost::system::system_error.
//
// Errors: those of `BlockingClient::execute`, and those of `reply_as`. What the server answers with `-ERR ...` is
// Errc::error_reply here; for its text ask for an `Answered<T>` (answered.hpp), or use execute.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "trackside/commands.hpp"

namespace trackside {

/// Requires of `Client` an `execute(Command)` that returns a Result<Reply>.
template <class Client>
class BlockingCommands {
 public:
  using milliseconds = std::chrono::milliseconds;
  using MaybeString = commands::MaybeString;
  using Strings = commands::Strings;
  using StringMap = commands::StringMap;
  using ScoredStrings = commands::ScoredStrings;

  /// Executes any command and reads its reply as a T: `client.call<int>({"LLEN", "k"})`.
  template <OwnedFromReply T>
  Result<T> call(Command command) {
    return call(TypedCommand<T>{std::move(command)});
  }

  /// Executes an entry of the table, or of a table of your own.
  template <AnyTypedCommand Typed>
  Result<typename Typed::value_type> call(Typed typed) {
    const Result<Reply> reply = static_cast<Client&>(*this).execute(std::move(typed.command));
    if (!reply) return {convert::in_place_error, reply.error()};
    return typed.read(*reply);
  }

  // ---- keys ----

  /// How many of the keys there were.
  Result<std::int64_t> del(const StringList& keys) { return call(commands::del(keys)); }
  Result<std::int64_t> unlink(const StringList& keys) { return call(commands::unlink(keys)); }
  /// How many of the keys there are; one named twice counts twice.
  Result<std::int64_t> exists(const StringList& keys) { return call(commands::exists(keys)); }
  /// Whether there is such a key.
  Result<bool> expire(std::string_view key, milliseconds time_to_live) {
    return call(commands::expire(key, time_to_live));
  }
  /// Whether there is such a key and it had a time to live.
  Result<bool> persist(std::string_view key) { return call(commands::persist(key)); }
  Result<TimeToLive> ttl(std::string_view key) { return call(commands::ttl(key)); }
  /// "string", "hash", ...; "none" if there is no such key.
  Result<std::string> type(std::string_view key) { return call(commands::type(key)); }

  // ---- strings ----

  Result<MaybeString> get(std::string_view key) { return call(commands::get(key)); }
  Result<std::vector<MaybeString>> mget(const StringList& keys) { return call(commands::mget(keys)); }
  Result<void> set(std::string_view key, std::string_view value) { return call(commands::set(key, value)); }
  Result<void> set(std::string_view key, std::string_view value, milliseconds time_to_live) {
    return call(commands::set(key, value, time_to_live));
  }
  /// Whether it was set.
  Result<bool> set_if_absent(std::string_view key, std::string_view value) {
    return call(commands::set_if_absent(key, value));
  }
  Result<bool> set_if_absent(std::string_view key, std::string_view value, milliseconds time_to_live) {
    return call(commands::set_if_absent(key, value, time_to_live));
  }
  Result<void> mset(const StringPairs& values) { return call(commands::mset(values)); }
  Result<MaybeString> getdel(std::string_view key) { return call(commands::getdel(key)); }
  /// The value afterwards.
  Result<std::int64_t> incrby(std::string_view key, std::int64_t increment) {
    return call(commands::incrby(key, increment));
  }
  Result<double> incrbyfloat(std::string_view key, double increment) {
    return call(commands::incrbyfloat(key, increment));
  }
  /// The length afterwards.
  Result<std::int64_t> append(std::string_view key, std::string_view value) {
    return call(commands::append(key, value));
  }
  Result<std::int64_t> strlen(std::string_view key) { return call(commands::strlen(key)); }

  // ---- hashes ----

  Result<MaybeString> hget(std::string_view key, std::string_view field) { return call(commands::hget(key, field)); }
  Result<std::vector<MaybeString>> hmget(std::string_view key, const StringList& fields) {
    return call(commands::hmget(key, fields));
  }
  Result<StringMap> hgetall(std::string_view key) { return call(commands::hgetall(key)); }
  /// How many of the fields are new.
  Result<std::int64_t> hset(std::string_view key, const StringPairs& fields) {
    return call(commands::hset(key, fields));
  }
  Result<std::int64_t> hdel(std::string_view key, const StringList& fields) {
    return call(commands::hdel(key, fields));
  }
  Result<bool> hexists(std::string_view key, std::string_view field) { return call(commands::hexists(key, field)); }
  Result<std::int64_t> hlen(std::string_view key) { return call(commands::hlen(key)); }
  Result<Strings> hkeys(std::string_view key) { return call(commands::hkeys(key)); }
  Result<Strings> hvals(std::string_view key) { return call(commands::hvals(key)); }
  Result<std::int64_t> hincrby(std::string_view key, std::string_view field, std::int64_t increment) {
    return call(commands::hincrby(key, field, increment));
  }

  // ---- lists ----

  /// The length afterwards.
  Result<std::int64_t> lpush(std::string_view key, const StringList& values) {
    return call(commands::lpush(key, values));
  }
  Result<std::int64_t> rpush(std::string_view key, const StringList& values) {
    return call(commands::rpush(key, values));
  }
  Result<MaybeString> lpop(std::string_view key) { return call(commands::lpop(key)); }
  Result<MaybeString> rpop(std::string_view key) { return call(commands::rpop(key)); }
  Result<Strings> lrange(std::string_view key, IndexRange range) { return call(commands::lrange(key, range)); }
  Result<MaybeString> lindex(std::string_view key, std::int64_t index) { return call(commands::lindex(key, index)); }
  Result<std::int64_t> llen(std::string_view key) { return call(commands::llen(key)); }

  // ---- sets ----

  /// How many of them were not members before.
  Result<std::int64_t> sadd(std::string_view key, const StringList& members) {
    return call(commands::sadd(key, members));
  }
  Result<std::int64_t> srem(std::string_view key, const StringList& members) {
    return call(commands::srem(key, members));
  }
  /// In no order.
  Result<Strings> smembers(std::string_view key) { return call(commands::smembers(key)); }
  Result<bool> sismember(std::string_view key, std::string_view member) {
    return call(commands::sismember(key, member));
  }
  Result<std::int64_t> scard(std::string_view key) { return call(commands::scard(key)); }

  // ---- sorted sets ----

  /// Whether it was no member before.
  Result<bool> zadd(std::string_view key, double score, std::string_view member) {
    return call(commands::zadd(key, score, member));
  }
  Result<std::int64_t> zrem(std::string_view key, const StringList& members) {
    return call(commands::zrem(key, members));
  }
  /// Lowest score first.
  Result<Strings> zrange(std::string_view key, IndexRange range) { return call(commands::zrange(key, range)); }
  Result<ScoredStrings> zrange_with_scores(std::string_view key, IndexRange range) {
    return call(commands::zrange_with_scores(key, range));
  }
  Result<std::optional<double>> zscore(std::string_view key, std::string_view member) {
    return call(commands::zscore(key, member));
  }
  /// The position, lowest score first.
  Result<std::optional<std::int64_t>> zrank(std::string_view key, std::string_view member) {
    return call(commands::zrank(key, member));
  }
  Result<std::int64_t> zcard(std::string_view key) { return call(commands::zcard(key)); }
  /// The score afterwards.
  Result<double> zincrby(std::string_view key, double increment, std::string_view member) {
    return call(commands::zincrby(key, increment, member));
  }

  // ---- others ----

  Result<void> ping() { return call(commands::ping()); }
  /// How many subscribers received it.
  Result<std::int64_t> publish(std::string_view channel, std::string_view message) {
    return call(commands::publish(channel, message));
  }
};

}  // namespace trackside
