// The base of caches that are wrong by one idea: the verified cache within, everything passed on, but for what the idea
// does otherwise. So whatever breaks is the idea's doing, in clusters, behind sentinels and in shared memory alike.
//
// A variation is made of the options that were asked for, and may give others to the cache within (`options_within`).
// In a cluster each node's part is the same variation of that part.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "trackside/forwarding_cache.hpp"
#include "trackside/options.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {

template <class Self>
class Variation : public ForwardingCache {
 public:
  Variation(std::shared_ptr<AbstractCache> within, Duration max_idle)
      : ForwardingCache(std::move(within)), max_idle_(max_idle) {}

  static std::shared_ptr<AbstractCache> make(const CacheOptions& options) {
    return std::make_shared<Self>(std::make_shared<TrackingCache>(Self::options_within(options)), options.max_idle);
  }
  static CacheOptions options_within(const CacheOptions& options) { return options; }

  std::shared_ptr<AbstractCache> part_for(std::string_view node) override {
    std::shared_ptr<AbstractCache>& varied = parts_[std::string{node}];
    if (varied == nullptr) {
      if (std::shared_ptr<AbstractCache> part = within().part_for(node)) {
        varied = std::make_shared<Self>(std::move(part), max_idle_);
      }
    }
    return varied;
  }

 protected:
  /// What was asked for, whatever the cache within was told.
  Duration asked_max_idle() const { return max_idle_; }

 private:
  const Duration max_idle_;
  std::map<std::string, std::shared_ptr<AbstractCache>> parts_;
};

}  // namespace trackside::testing
