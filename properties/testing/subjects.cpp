#include "properties/testing/subjects.hpp"

#include "properties/testing/naive_cache.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

std::shared_ptr<AbstractCache> make_verified(const CacheOptions& options) {
  return std::make_shared<TrackingCache>(options);
}

std::shared_ptr<AbstractCache> make_naive(const CacheOptions& options) {
  return std::make_shared<NaiveCache>(options);
}

constexpr Subject all[] = {
    {"verified", "trackside's own TrackingCache: fills, leases and fences", &make_verified},
    {"naive", "a map that pushes clean, as most clients have it: no fills, no leases, no fences", &make_naive},
};

}  // namespace

CacheOptions options_of(const sim::ClientSetup& setup, const AbstractCache* shared) {
  CacheOptions options;
  options.max_keys = setup.max_keys;
  options.max_size_bytes = setup.max_size_bytes;
  options.max_idle = Duration{setup.max_idle};
  options.confidence = static_cast<double>(setup.confidence_thousandths) / 1'000.0;
  options.dynamic_confidence = setup.dynamic_confidence;
  options.max_ttl = Duration{setup.max_ttl};
  options.cache_nil = setup.cache_nil;
  options.tracking.delivery =
      setup.delivery == sim::Delivery::redirect ? Delivery::redirect : Delivery::in_band;
  options.tracking.prefixes = setup.prefixes;
  switch (setup.selection) {
    case sim::Selection::all: options.tracking.selection = Selection::all; break;
    case sim::Selection::opt_in: options.tracking.selection = Selection::opt_in; break;
    case sim::Selection::opt_out: options.tracking.selection = Selection::opt_out; break;
    case sim::Selection::broadcast: options.tracking.selection = Selection::broadcast; break;
  }
  if (shared != nullptr) {
    options.store = shared->store();
    options.stats = shared->stats();
  }
  return options;
}

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
