// What the tests of the reference cache speak: a cache with its link up, one whose data comes by other connections, and
// two that share a store.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/reference_cache.hpp"

namespace trackside::testing {

using model::Agreement;
using model::CachedQuery;
using model::PutOutcome;
using model::ReferenceCache;
using model::ReferenceOptions;
using model::ReferenceTotals;

using Keys = std::vector<std::string>;

inline constexpr model::Instant second = 1'000'000'000;
inline constexpr model::ServerInstant epoch = 1'700'000'000 * model::ServerInstant{second};

inline CachedQuery get(const std::string& key) { return {"GET", key}; }
inline CachedQuery hget(const std::string& key, const std::string& field) { return {"HGET", key, {field}}; }

/// A cache with a link that vouched at 0, when the server's clock showed `epoch`.
struct Cache : ReferenceCache {
  explicit Cache(const ReferenceOptions& options = {}) : ReferenceCache(options) {
    initialize();
    link_up(7);
    link_vouched(0, epoch);
  }
  PutOutcome fills(const CachedQuery& query, const std::string& reply,
                   model::ServerInstant expires_at = model::never_expires, model::Instant now = 0) {
    return put(now, begin_fill(now, query), query, reply, expires_at);
  }
  std::string reads(const CachedQuery& query, model::Instant now = 0) { return get(now, query).value_or("miss"); }
};

/// A cache told by another link, which is up and has vouched as in `Cache`; no data connection yet.
struct Redirected : Cache {
  explicit Redirected(ReferenceOptions options = {}) : Cache(told_by_another(std::move(options))) {}
  static ReferenceOptions told_by_another(ReferenceOptions options) {
    options.told_by = model::ToldBy::other_link;
    return options;
  }
  PutOutcome fills_by(model::ConnectionId by, const CachedQuery& query, const std::string& reply,
                      model::Instant now = 0) {
    return put(now, begin_fill(now, query, by), query, reply, model::never_expires);
  }
};

/// Two caches of one store, A and B, whose links vouched as in `Cache`.
struct Sharing {
  explicit Sharing(ReferenceOptions of_a = {}, ReferenceOptions of_b = {})
      : store(std::make_shared<model::ReferenceStore>(of_a.bounds)), a(on(store, of_a)), b(on(store, of_b)) {}
  static ReferenceOptions on(const std::shared_ptr<model::ReferenceStore>& store, ReferenceOptions options) {
    options.store = store;
    return options;
  }
  std::shared_ptr<model::ReferenceStore> store;
  Cache a;
  Cache b;
};

}  // namespace trackside::testing
