// Somebody else's test: tries a cache on the simulated server. Here it is trackside's own, so it holds.
#include <cstdio>
#include <memory>

#include "trackside/testing/try_cache.hpp"
#include "trackside/tracking_cache.hpp"

int main() {
  const auto make = [](const trackside::CacheOptions& options) {
    return std::make_shared<trackside::TrackingCache>(options);
  };
  const auto findings = trackside::testing::try_cache(make, {.name = "consumer", .runs = 50});
  std::printf("%s", trackside::testing::to_text(findings).c_str());
  return findings.held() && findings.hits > 0 ? 0 : 1;
}
