// The table of typed commands as members of a client that is asynchronous: `client.async_get("k", token)`.
//
// Each takes the arguments of its entry in `commands.hpp`, which says what they mean, and a completion token; it
// completes with `void(error_code, T)`, where T is the entry's, or `void(error_code)` for an entry of void. All else is
// as with `Client::async_execute`: executors, allocators, cancellation, threads; a hit is answered by the cache.
// The reply is read on the handler's executor. With an error, the value is a T{}.
//
// Errors: those of async_execute, and those of `reply_as`. What the server answers with `-ERR ...` is Errc::error_reply
// here; for its text ask for an `Answered<T>` (answered.hpp), or use async_execute:
//
//   const auto length = co_await client.async_call<trackside::Answered<int>>({"LLEN", "k"}, use_awaitable);
//
// Lifetime: views are copied before the call returns, also with lazy tokens such as `deferred` and `use_awaitable`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include "trackside/commands.hpp"

namespace trackside {

/// What completes with a T.
template <class T>
struct TypedSignatureOf {
  using type = void(boost::system::error_code, T);
};
template <>
struct TypedSignatureOf<void> {
  using type = void(boost::system::error_code);
};
template <class T>
using TypedSignature = typename TypedSignatureOf<T>::type;

/// A handler of replies that reads them for a handler of T. It has the other's executor, allocator and slot.
template <class T, class Handler>
class TypedHandler {
 public:
  TypedHandler(Handler handler, typename TypedCommand<T>::Reader read) : handler_(std::move(handler)), read_(read) {}

  const Handler& handler() const noexcept { return handler_; }

  void operator()(boost::system::error_code error, const Reply& reply) {
    if (error) return complete({convert::in_place_error, error});
    complete(read_(reply));
  }

 private:
  void complete(Result<T> read) {
    if constexpr (std::is_void_v<T>) {
      std::move(handler_)(read.error());
    } else {
      const boost::system::error_code error = read.error();
      std::move(handler_)(error, error ? T{} : *std::move(read));
    }
  }

  Handler handler_;
  typename TypedCommand<T>::Reader read_;
};

/// Requires of `Client` an `async_execute(Command, token)`.
template <class Client>
class AsyncCommands {
 public:
  using milliseconds = std::chrono::milliseconds;

  /// Executes any command and reads its reply as a T: `client.async_call<int>({"LLEN", "k"}, token)`.
  template <OwnedFromReply T, boost::asio::completion_token_for<TypedSignature<T>> Token>
  auto async_call(Command command, Token&& token) {
    return call(TypedCommand<T>{std::move(command)}, std::forward<Token>(token));
  }

  /// Executes an entry of the table, or of a table of your own.
  template <AnyTypedCommand Typed, class Token>
  auto async_call(Typed typed, Token&& token) {
    return call(std::move(typed), std::forward<Token>(token));
  }

  // ---- keys ----

  /// How many of the keys there were.
  template <class Token>
  auto async_del(const StringList& keys, Token&& token) {
    return call(commands::del(keys), std::forward<Token>(token));
  }
  template <class Token>
  auto async_unlink(const StringList& keys, Token&& token) {
    return call(commands::unlink(keys), std::forward<Token>(token));
  }
  /// How many of the keys there are; one named twice counts twice.
  template <class Token>
  auto async_exists(const StringList& keys, Token&& token) {
    return call(commands::exists(keys), std::forward<Token>(token));
  }
  /// Whether there is such a key.
  template <class Token>
  auto async_expire(std::string_view key, milliseconds time_to_live, Token&& token) {
    return call(commands::expire(key, time_to_live), std::forward<Token>(token));
  }
  /// Whether there is such a key and it had a time to live.
  template <class Token>
  auto async_persist(std::string_view key, Token&& token) {
    return call(commands::persist(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_ttl(std::string_view key, Token&& token) {
    return call(commands::ttl(key), std::forward<Token>(token));
  }
  /// "string", "hash", ...; "none" if there is no such key.
  template <class Token>
  auto async_type(std::string_view key, Token&& token) {
    return call(commands::type(key), std::forward<Token>(token));
  }

  // ---- strings ----

  template <class Token>
  auto async_get(std::string_view key, Token&& token) {
    return call(commands::get(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_mget(const StringList& keys, Token&& token) {
    return call(commands::mget(keys), std::forward<Token>(token));
  }
  template <class Token>
  auto async_set(std::string_view key, std::string_view value, Token&& token) {
    return call(commands::set(key, value), std::forward<Token>(token));
  }
  template <class Token>
  auto async_set(std::string_view key, std::string_view value, milliseconds time_to_live, Token&& token) {
    return call(commands::set(key, value, time_to_live), std::forward<Token>(token));
  }
  /// Whether it was set.
  template <class Token>
  auto async_set_if_absent(std::string_view key, std::string_view value, Token&& token) {
    return call(commands::set_if_absent(key, value), std::forward<Token>(token));
  }
  template <class Token>
  auto async_set_if_absent(std::string_view key, std::string_view value, milliseconds time_to_live, Token&& token) {
    return call(commands::set_if_absent(key, value, time_to_live), std::forward<Token>(token));
  }
  template <class Token>
  auto async_mset(const StringPairs& values, Token&& token) {
    return call(commands::mset(values), std::forward<Token>(token));
  }
  template <class Token>
  auto async_getdel(std::string_view key, Token&& token) {
    return call(commands::getdel(key), std::forward<Token>(token));
  }
  /// The value afterwards.
  template <class Token>
  auto async_incrby(std::string_view key, std::int64_t increment, Token&& token) {
    return call(commands::incrby(key, increment), std::forward<Token>(token));
  }
  template <class Token>
  auto async_incrbyfloat(std::string_view key, double increment, Token&& token) {
    return call(commands::incrbyfloat(key, increment), std::forward<Token>(token));
  }
  /// The length afterwards.
  template <class Token>
  auto async_append(std::string_view key, std::string_view value, Token&& token) {
    return call(commands::append(key, value), std::forward<Token>(token));
  }
  template <class Token>
  auto async_strlen(std::string_view key, Token&& token) {
    return call(commands::strlen(key), std::forward<Token>(token));
  }

  // ---- hashes ----

  template <class Token>
  auto async_hget(std::string_view key, std::string_view field, Token&& token) {
    return call(commands::hget(key, field), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hmget(std::string_view key, const StringList& fields, Token&& token) {
    return call(commands::hmget(key, fields), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hgetall(std::string_view key, Token&& token) {
    return call(commands::hgetall(key), std::forward<Token>(token));
  }
  /// How many of the fields are new.
  template <class Token>
  auto async_hset(std::string_view key, const StringPairs& fields, Token&& token) {
    return call(commands::hset(key, fields), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hdel(std::string_view key, const StringList& fields, Token&& token) {
    return call(commands::hdel(key, fields), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hexists(std::string_view key, std::string_view field, Token&& token) {
    return call(commands::hexists(key, field), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hlen(std::string_view key, Token&& token) {
    return call(commands::hlen(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hkeys(std::string_view key, Token&& token) {
    return call(commands::hkeys(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hvals(std::string_view key, Token&& token) {
    return call(commands::hvals(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_hincrby(std::string_view key, std::string_view field, std::int64_t increment, Token&& token) {
    return call(commands::hincrby(key, field, increment), std::forward<Token>(token));
  }

  // ---- lists ----

  /// The length afterwards.
  template <class Token>
  auto async_lpush(std::string_view key, const StringList& values, Token&& token) {
    return call(commands::lpush(key, values), std::forward<Token>(token));
  }
  template <class Token>
  auto async_rpush(std::string_view key, const StringList& values, Token&& token) {
    return call(commands::rpush(key, values), std::forward<Token>(token));
  }
  template <class Token>
  auto async_lpop(std::string_view key, Token&& token) {
    return call(commands::lpop(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_rpop(std::string_view key, Token&& token) {
    return call(commands::rpop(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_lrange(std::string_view key, IndexRange range, Token&& token) {
    return call(commands::lrange(key, range), std::forward<Token>(token));
  }
  template <class Token>
  auto async_lindex(std::string_view key, std::int64_t index, Token&& token) {
    return call(commands::lindex(key, index), std::forward<Token>(token));
  }
  template <class Token>
  auto async_llen(std::string_view key, Token&& token) {
    return call(commands::llen(key), std::forward<Token>(token));
  }

  // ---- sets ----

  /// How many of them were not members before.
  template <class Token>
  auto async_sadd(std::string_view key, const StringList& members, Token&& token) {
    return call(commands::sadd(key, members), std::forward<Token>(token));
  }
  template <class Token>
  auto async_srem(std::string_view key, const StringList& members, Token&& token) {
    return call(commands::srem(key, members), std::forward<Token>(token));
  }
  /// In no order.
  template <class Token>
  auto async_smembers(std::string_view key, Token&& token) {
    return call(commands::smembers(key), std::forward<Token>(token));
  }
  template <class Token>
  auto async_sismember(std::string_view key, std::string_view member, Token&& token) {
    return call(commands::sismember(key, member), std::forward<Token>(token));
  }
  template <class Token>
  auto async_scard(std::string_view key, Token&& token) {
    return call(commands::scard(key), std::forward<Token>(token));
  }

  // ---- sorted sets ----

  /// Whether it was no member before.
  template <class Token>
  auto async_zadd(std::string_view key, double score, std::string_view member, Token&& token) {
    return call(commands::zadd(key, score, member), std::forward<Token>(token));
  }
  template <class Token>
  auto async_zrem(std::string_view key, const StringList& members, Token&& token) {
    return call(commands::zrem(key, members), std::forward<Token>(token));
  }
  /// Lowest score first.
  template <class Token>
  auto async_zrange(std::string_view key, IndexRange range, Token&& token) {
    return call(commands::zrange(key, range), std::forward<Token>(token));
  }
  template <class Token>
  auto async_zrange_with_scores(std::string_view key, IndexRange range, Token&& token) {
    return call(commands::zrange_with_scores(key, range), std::forward<Token>(token));
  }
  template <class Token>
  auto async_zscore(std::string_view key, std::string_view member, Token&& token) {
    return call(commands::zscore(key, member), std::forward<Token>(token));
  }
  /// The position, lowest score first.
  template <class Token>
  auto async_zrank(std::string_view key, std::string_view member, Token&& token) {
    return call(commands::zrank(key, member), std::forward<Token>(token));
  }
  template <class Token>
  auto async_zcard(std::string_view key, Token&& token) {
    return call(commands::zcard(key), std::forward<Token>(token));
  }
  /// The score afterwards.
  template <class Token>
  auto async_zincrby(std::string_view key, double increment, std::string_view member, Token&& token) {
    return call(commands::zincrby(key, increment, member), std::forward<Token>(token));
  }

  // ---- others ----

  template <class Token>
  auto async_ping(Token&& token) {
    return call(commands::ping(), std::forward<Token>(token));
  }
  /// How many subscribers received it.
  template <class Token>
  auto async_publish(std::string_view channel, std::string_view message, Token&& token) {
    return call(commands::publish(channel, message), std::forward<Token>(token));
  }

 private:
  // The inner operation holds what the client needs of itself, so that it may start after the client was moved.
  template <class T, class Token>
  auto call(TypedCommand<T> typed, Token&& token) {
    auto operation = static_cast<Client&>(*this).async_execute(std::move(typed.command), boost::asio::deferred);
    return boost::asio::async_initiate<Token, TypedSignature<T>>(
        [operation = std::move(operation), read = typed.read](auto handler) mutable {
          std::move(operation)(TypedHandler<T, decltype(handler)>{std::move(handler), read});
        },
        token);
  }
};

}  // namespace trackside

template <template <class, class> class Associator, class T, class Handler, class Default>
struct boost::asio::associator<Associator, trackside::TypedHandler<T, Handler>, Default>
    : Associator<Handler, Default> {
  using type = typename Associator<Handler, Default>::type;

  static type get(const trackside::TypedHandler<T, Handler>& typed) noexcept {
    return Associator<Handler, Default>::get(typed.handler());
  }
  static type get(const trackside::TypedHandler<T, Handler>& typed, const Default& otherwise) noexcept {
    return Associator<Handler, Default>::get(typed.handler(), otherwise);
  }
};
