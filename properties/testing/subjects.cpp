#include "properties/testing/subjects.hpp"

#include "properties/testing/naive_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {
namespace {

CacheOptions options_of(const sim::ClientSetup& setup) {
  return {.max_keys = setup.max_keys,
          .max_size_bytes = setup.max_size_bytes,
          .max_idle = Duration{setup.max_idle},
          .confidence = static_cast<double>(setup.confidence),
          .dynamic_confidence = setup.dynamic_confidence};
}

std::shared_ptr<AbstractCache> make_verified(const sim::ClientSetup& setup) {
  return std::make_shared<NodeTrackingCache>(options_of(setup));
}

std::shared_ptr<AbstractCache> make_naive(const sim::ClientSetup& setup) {
  return std::make_shared<NaiveCache>(options_of(setup));
}

constexpr Subject all[] = {
    {"verified", "trackside's own NodeTrackingCache: fills, leases and fences", &make_verified},
    {"naive", "a map that pushes clean, as most clients have it: no fills, no leases, no fences", &make_naive},
};

}  // namespace

std::span<const Subject> subjects() { return all; }

const Subject* find_subject(std::string_view name) {
  for (const Subject& subject : all) {
    if (subject.name == name) {
      return &subject;
    }
  }
  return nullptr;
}

}  // namespace trackside::testing
