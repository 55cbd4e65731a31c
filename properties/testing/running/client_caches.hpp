// The caches of a scenario's clients, made as the scenario says: the subject's or somebody's own, sharing memory or
// being one for two clients, with hooks that are counted, or the least that can be a cache.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "properties/testing/running/client_figures.hpp"
#include "sim/scenario.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

class ClientCaches {
 public:
  /// An empty factory is that of the subject which the scenario names.
  ClientCaches(const sim::Scenario& scenario, const CacheFactory& make);

  /// For each client once, in order.
  std::shared_ptr<AbstractCache> make(std::uint32_t index);
  /// A cache of one's own may count in its own way; the verified one has room for all keys, or for few.
  KeyFigures figures_of(std::uint32_t index) const;
  /// Whether they are the verified ones, of which more is asked than of others.
  bool are_verified() const { return is_verified_; }
  /// Null: its cache's hooks are not counted.
  HookCounts* hooks_of(std::uint32_t index);

 private:
  const sim::Scenario& scenario_;
  const CacheFactory make_;
  const bool is_verified_;
  std::vector<std::unique_ptr<HookCounts>> hooks_;  // outlive the caches
  std::vector<std::shared_ptr<AbstractCache>> caches_;
};

}  // namespace trackside::testing
