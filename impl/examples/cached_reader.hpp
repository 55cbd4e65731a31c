// A blocking hiredis connection whose reads are answered from a trackside cache. To be copied and changed.
//
// `CachedReader` does what the cache has to be told of, in the order in which it has to be told; the numbers stand at
// the code below:
//   1. ask the cache;
//   2. open a fill *before* the question is sent, so that what overtakes the reply is noticed;
//   3. ask the server for the value and, behind it, for the time at which the key expires;
//   4. give the reply and the fill back, or say that a reply was seen that is not to be kept;
//   5. wrap writes in a fence, so that reads after them see them;
//   6. say when the connection ended, or when its session changed (RESET, HELLO, AUTH, SELECT, CLIENT TRACKING).
// With Selection::all the server tracks what this connection reads and tells the cache's link, once the connection has
// redirected its invalidations there and is registered; when the link comes back it has another client id, and that is
// done again. With Selection::broadcast none of this is needed: the link hears of every key under its prefixes.
// All connections that read through one cache must speak the same protocol, or replies of two forms would meet.
// Thread rule: one thread at a time, as for a redisContext; any number of readers may share a cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "trackside/abstract_cache.hpp"
#include "trackside/reply_builder.hpp"

/// The name of a command and its arguments.
using Words = std::vector<std::string_view>;

/// One reply of hiredis as a reply of trackside.
inline void append(trackside::ReplyBuilder& builder, const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_NIL: builder.null(); return;
    case REDIS_REPLY_STATUS: builder.simple_string({reply.str, reply.len}); return;
    case REDIS_REPLY_ERROR: builder.error({reply.str, reply.len}); return;
    case REDIS_REPLY_INTEGER: builder.integer(reply.integer); return;
#if HIREDIS_MAJOR >= 1  // before that it cannot read RESP3
    case REDIS_REPLY_DOUBLE: builder.number(reply.dval); return;
    case REDIS_REPLY_BOOL: builder.boolean(reply.integer != 0); return;
    case REDIS_REPLY_MAP: builder.map(reply.elements / 2); break;
    case REDIS_REPLY_SET: builder.set(reply.elements); break;
#endif
    case REDIS_REPLY_ARRAY: builder.array(reply.elements); break;
    default: builder.bulk_string({reply.str, reply.len}); return;  // strings, verbatim strings, big numbers
  }
  for (std::size_t index = 0; index < reply.elements; ++index) {
    append(builder, *reply.element[index]);
  }
}

/// What CLIENT TRACKINGINFO says: names and values in a map, or in RESP2 the same without being called one.
inline trackside::Registration read_tracking_info(const trackside::Reply& info) {
  trackside::Registration registration;
  for (std::size_t at = 0; at + 1 < info.size(); at += 2) {
    const auto name = info[at].as_string();
    if (name && *name == "redirect") {
      registration.redirect = info[at + 1].as_integer().value();
    } else if (name && *name == "flags") {
      for (const trackside::ReplyView flag : info[at + 1]) {
        registration.noloop = registration.noloop || flag.as_string().value() == "noloop";
      }
    }
  }
  return registration;
}

class HiredisConnection {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    trackside::Protocol protocol = trackside::Protocol::resp2;
    std::chrono::milliseconds timeout{2000};  // for connecting, and for each answer
  };

  explicit HiredisConnection(Options options) : options_(std::move(options)) {}

  /// Connects if there is no connection. Errors, here and below: std::runtime_error, and there is none any more.
  void connect() {
    if (is_connected()) {
      return;
    }
    const timeval timeout = {.tv_sec = options_.timeout.count() / 1000,
                             .tv_usec = options_.timeout.count() % 1000 * 1000};
    context_.reset(redisConnectWithTimeout(options_.host.c_str(), options_.port, timeout));
    check(context_ != nullptr && context_->err == 0 && redisSetTimeout(context_.get(), timeout) == REDIS_OK);
    if (options_.protocol == trackside::Protocol::resp3 && ask({"HELLO", "3"}).is_error()) {
      context_.reset();
      throw std::runtime_error("hiredis: the server does not speak RESP3");
    }
    client_id_ = ask({"CLIENT", "ID"}).as_integer().value();
  }
  bool is_connected() const { return context_ != nullptr; }
  std::int64_t client_id() const { return client_id_; }

  void send(const Words& words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> lengths;
    for (const std::string_view word : words) {
      starts.push_back(word.data());
      lengths.push_back(word.size());
    }
    const int count = static_cast<int>(words.size());
    check(redisAppendCommandArgv(context_.get(), count, starts.data(), lengths.data()) == REDIS_OK);
  }
  /// The reply to the oldest of the commands that were sent and not answered. An error of the server is a reply.
  trackside::Reply receive() {
    void* received = nullptr;
    check(redisGetReply(context_.get(), &received) == REDIS_OK);
    const std::unique_ptr<redisReply, void (*)(void*)> reply{static_cast<redisReply*>(received), freeReplyObject};
    trackside::ReplyBuilder builder{options_.protocol};
    append(builder, *reply);
    return builder.take();
  }
  trackside::Reply ask(const Words& words) {
    connect();
    send(words);
    return receive();
  }

 private:
  void check(bool is_good) {
    if (!is_good) {
      const std::string reason = context_ == nullptr ? "out of memory" : context_->errstr;
      context_.reset();
      throw std::runtime_error("hiredis: " + reason);
    }
  }

  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  const Options options_;
  std::unique_ptr<redisContext, Free> context_;
  std::int64_t client_id_ = 0;
};

class CachedReader {
 public:
  enum class Origin : std::uint8_t { cache, server };
  struct Answer {
    trackside::Reply reply;
    Origin from;
  };

  /// The cache has been given to a client with Delivery::redirect; `clock` is the one that client has (on a machine,
  /// any AsioRuntime). Both outlive the reader.
  CachedReader(HiredisConnection::Options options, trackside::AbstractCache& cache, const trackside::Clock& clock)
      : cache_(cache), clock_(clock), connection_(std::move(options)) {}
  ~CachedReader() { lost(); }
  CachedReader(const CachedReader&) = delete;
  CachedReader& operator=(const CachedReader&) = delete;

  /// A read of one key: {"GET", key}, {"HGET", key, field} ... with the name in upper case.
  /// A server may close a connection that is idle, so it is tried twice: a read does no harm.
  Answer read(const Words& words) {
    const trackside::Query query{.command = words[0], .key = words[1], .arguments = {words.begin() + 2, words.end()}};
    Answer answer{.reply = {}, .from = Origin::cache};
    if (cache_.get(query, answer.reply)) {  // 1
      return answer;
    }
    const bool was_connected = connection_.is_connected();
    try {
      return {.reply = fetch(query, words), .from = Origin::server};
    } catch (const std::runtime_error&) {
      lost();
      if (!was_connected) {
        throw;
      }
    }
    return {.reply = fetch(query, words), .from = Origin::server};
  }

  /// A write of one key: {"SET", key, value} ... What writes more, or unknown, keys names them to its fence, or none.
  trackside::Reply write(const Words& words) {
    const trackside::WriteFence fence{cache_, {&words[1], 1}};  // 5
    return tell(words);
  }

  /// Anything that neither reads through the cache nor writes.
  trackside::Reply tell(const Words& words) try { return connection_.ask(words); } catch (const std::runtime_error&) {
    lost();
    throw;
  }

  /// Has this connection's reads be told to the cache. Called by `read` where it is needed. Errors: as from
  /// `AbstractCache::register_connection`; a cache without a link has nobody to be told.
  trackside::error_code register_connection() {
    connection_.connect();
    const std::optional<std::int64_t> link = cache_.get_client_id();
    if (!link || tell({"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(*link)}).is_error()) {
      return make_error_code(trackside::Errc::redirect_mismatch);
    }
    const trackside::Time asked_at = clock_.now();
    trackside::Registration registration = read_tracking_info(tell({"CLIENT", "TRACKINGINFO"}));
    registration.client_id = connection_.client_id();
    registration.asked_at = asked_at;
    const trackside::error_code error = cache_.register_connection(registration);
    registered_with_ = error ? std::nullopt : link;
    return error;
  }

  trackside::DataConnection connection() const { return trackside::DataConnection{connection_.client_id()}; }

 private:
  /// Ends a fill that was not given back. One that was put has ended, and this does nothing.
  struct OpenFill {
    trackside::AbstractCache& cache;
    const trackside::Fill fill;
    ~OpenFill() { cache.abandon_fill(fill); }
  };

  trackside::Reply fetch(const trackside::Query& query, const Words& words) {
    connection_.connect();
    const bool redirects = cache_.tracking().selection != trackside::Selection::broadcast;
    if (redirects && registered_with_ != cache_.get_client_id()) {
      static_cast<void>(register_connection());  // without it nothing is kept, which is all
    }
    const OpenFill open{cache_, cache_.begin_fill(query, connection())};  // 2
    if (open.fill == trackside::Fill::none && cache_.accepts(query)) {
      registered_with_.reset();  // perhaps the cache knows this connection no more: the next time it is registered anew
    }
    connection_.send(words);  // 3
    connection_.send({"PEXPIRETIME", query.key});
    trackside::Reply value = connection_.receive();
    const auto expires_at = expiry_of(value, connection_.receive());
    if (expires_at) {
      cache_.put(open.fill, query, value, *expires_at);  // 4; without a fill this says that the reply was seen
    } else {
      cache_.seen({&query.key, 1}, connection());
    }
    return value;
  }

  /// When a reply is to be forgotten; nothing if it is not to be kept at all. The two were not asked in one state:
  /// where they do not fit together, something happened to the key in between. (MULTI and EXEC around them would do,
  /// too.)
  static std::optional<trackside::ServerTime> expiry_of(const trackside::Reply& value, const trackside::Reply& expiry) {
    constexpr std::int64_t no_key = -2;
    constexpr std::int64_t forever = -1;
    const auto at_ms = expiry.as_integer();  // not one before Redis 7.0, which does not know PEXPIRETIME
    if (value.is_error() || expiry.is_error() || !at_ms || (*at_ms == no_key && !value.is_null())) {
      return std::nullopt;
    }
    return *at_ms == no_key || *at_ms == forever ? trackside::no_expiry : *at_ms * 1'000'000;
  }

  void lost() {  // 6
    cache_.connection_lost(connection_.client_id());
    registered_with_.reset();
  }

  trackside::AbstractCache& cache_;
  const trackside::Clock& clock_;
  HiredisConnection connection_;
  std::optional<std::int64_t> registered_with_;  // the client id of the link
};
