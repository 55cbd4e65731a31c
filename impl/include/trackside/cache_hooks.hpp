// What a program may be told of a cache as it happens. All empty by default; an empty one costs a test of a pointer.
//
// Hooks must not throw, must return soon, and must not call the cache or its client. Views live during the call.
// Thread rule: `hit` and `miss` in the thread that asks, several at once; the others on the client's executor, except
// that a program that fills by itself (see `DataConnection`) gets `revoked` in its own thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace trackside {

struct Query;

struct CacheHooks {
  std::function<void(const Query&)> hit{};
  std::function<void(const Query&)> miss{};
  /// A key was invalidated, by the server or by an own write, whether or not anything was cached of it.
  std::function<void(std::string_view key)> invalidated{};
  /// Everything was removed: FLUSHALL, FLUSHDB, SWAPDB, or `reset`.
  std::function<void()> flushed{};
  /// A reply came that something had overtaken: it was delivered and not kept.
  std::function<void(const Query&)> revoked{};
  /// The link that receives invalidations is up, with its CLIENT ID, or lost. Where a RESP2 subscriber and a data
  /// connection vouch together (broadcast), the loss of the latter is told as a loss and a return of the former.
  std::function<void(std::int64_t client_id)> link_up{};
  std::function<void()> link_down{};
};

}  // namespace trackside
