#include "properties/testing/subjects/subjects.hpp"

#include <algorithm>
#include <chrono>

#include "properties/testing/subjects/naive_cache.hpp"
#include "properties/testing/subjects/variations_of_links.hpp"
#include "properties/testing/subjects/variations_of_replies.hpp"
#include "properties/testing/subjects/variations_of_servers.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

std::shared_ptr<AbstractCache> make_verified(const CacheOptions& options) {
  return std::make_shared<TrackingCache>(options);
}

std::shared_ptr<AbstractCache> make_naive(const CacheOptions& options) {
  return std::make_shared<NaiveCache>(options);
}

/// Sharing by itself: in clusters and with redirection there are other links to be blind to.
constexpr CacheFeatures pooled{.sharing = true, .max_ttl = true, .dynamic_confidence = true};

constexpr Subject all[] = {
    {"verified", "trackside's own TrackingCache: fills, leases and fences", "", &make_verified},
    {"naive", "a map that pushes clean, as most clients have it: no fills, no leases, no fences", "", &make_naive},
    {"no_fence", "forgets a key when its own write is sent, and not again when that is answered", "G3", &NoFence::make,
     "coredis 5; rueidis, jedis and redis-rs wait for the push, and so do the others of a pool of node-redis"},
    {"late_fill", "keeps every reply that arrives, even one that an invalidation has overtaken", "G2", &LateFill::make,
     "coredis 5, lettuce, redis-rs, valkey-glide; jedis with threads"},
    {"no_ttl", "leaves expiry to the server's push, which comes when the key is deleted", "G2", &NoTtl::make,
     "coredis 5, jedis, lettuce, redis-py, node-redis", every_feature, WorldKind::node, 40},
    {"ignores_null_push", "forgets nothing when the server says that everything is gone", "G2", &IgnoresNullPush::make,
     "coredis 5, redis-rs, Redisson; lettuce fails at it"},
    {"bounded_by_keys_only", "counts entries and not bytes", "G7", &BoundedByKeysOnly::make,
     "jedis, redis-py, redis-rs"},
    {"flush_on_reconnect_only", "serves on without a connection, and starts empty on the next one", "G6",
     &FlushOnReconnectOnly::make, "coredis 5, whose clients never ask whether the cache is healthy"},
    {"forget_on_close_only", "trusts a connection until it is closed, and never asks whether it is there", "G2",
     &ForgetOnCloseOnly::make, "redis-py, node-redis, Redisson; jedis without an idle test"},
    {"timer_leases", "gives a silent connection up by a timer, and does not look at the clock when it is read", "G2",
     &TimerLeases::make, "rueidis; jedis, by the idle test of its pool", every_feature, WorldKind::cluster},
    {"redirect_blind", "looks after the connection that brings invalidations, not after those that it reads by", "G2",
     &RedirectBlind::make, "coredis 5, Redisson", every_feature, WorldKind::node, 40},
    {"ping_is_health", "takes whoever answers a PING for the primary", "G2", &PingIsHealth::make,
     "rueidis and coredis 5, by their PINGs; jedis, by the idle test of its pool", every_feature, WorldKind::sentinels},
    {"scope_blind", "shares replies among clients that get them in different forms", "G1", &ScopeBlind::make,
     "coredis 5", every_feature, WorldKind::node},
    {"shared_without_vouching", "serves what another client read, whatever has become of that one's connection", "G2",
     &SharedWithoutVouching::make, "coredis 5, redis-py", pooled, WorldKind::node, 30},
};

void stay_in_band(sim::ClientSetup& setup) {
  setup.delivery = sim::Delivery::in_band;
  setup.protocol = sim::Dialect::resp3;
  setup.data_connections = 1;
}

sim::Selection as_chosen(Selection selection) {
  switch (selection) {
    case Selection::all: break;
    case Selection::opt_in: return sim::Selection::opt_in;
    case Selection::opt_out: return sim::Selection::opt_out;
    case Selection::broadcast: return sim::Selection::broadcast;
  }
  return sim::Selection::all;
}

}  // namespace

std::optional<CacheStatsLimits> limits_of_figures(const sim::ClientSetup& setup) {
  if (sim::has_habit(setup, "few_names")) return CacheStatsLimits{.keys_max = 3, .key_bytes_max = 5};
  if (sim::has_habit(setup, "few_figures")) return CacheStatsLimits{.keys_max = 2, .key_bytes_max = 8};
  return std::nullopt;
}

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
  if (sim::has_habit(setup, "noloop")) {
    options.tracking.noloop = true;
  } else if (sim::has_habit(setup, "prefixes_overlap")) {
    options.tracking.selection = Selection::broadcast;
    options.tracking.prefixes = {"h", "s", "s1"};
  } else if (sim::has_habit(setup, "prefixes_alone")) {
    options.tracking.selection = Selection::opt_in;
    options.tracking.prefixes = {"s"};
  } else if (sim::has_habit(setup, "resp2_in_band")) {
    options.tracking.delivery = Delivery::in_band;
  } else if (sim::has_habit(setup, "no_connections")) {
    options.tracking.delivery = Delivery::redirect;
  }
  if (const auto limits = limits_of_figures(setup); limits && shared == nullptr) {
    options.stats = std::make_shared<CacheStats>(*limits);
  }
  if (!setup.denied.empty()) {
    options.cacheable = [denied = setup.denied](const Query& query) {
      return std::none_of(denied.begin(), denied.end(),
                          [&](const std::string& word) { return word == query.command || word == query.key; });
    };
  }
  if (shared != nullptr) {
    options.store = shared->store();
    options.stats = shared->stats();
  }
  return options;
}

void keep_to(const CacheFeatures& features, sim::ClientSetup& setup) {
  if (!features.redirect) {
    stay_in_band(setup);
  }
  if (!features.sharing) {
    setup.shares.reset();
  }
  if (!features.max_ttl) {
    setup.max_ttl = 0;
  }
  setup.dynamic_confidence = setup.dynamic_confidence && features.dynamic_confidence;
}

void set_as_the_cache_says(const CacheFactory& make, sim::ClientSetup& setup) {
  const std::shared_ptr<AbstractCache> cache = make(options_of(setup, nullptr));
  const TrackingOptions& tracking = cache->tracking();
  setup.confidence_thousandths = static_cast<std::uint64_t>(cache->confidence() * 1'000.0);
  setup.selection = as_chosen(tracking.selection);
  setup.prefixes = tracking.prefixes;
  if (tracking.delivery == Delivery::redirect) {
    setup.delivery = sim::Delivery::redirect;
  } else {
    stay_in_band(setup);
  }
  if (cache->store() == nullptr) {
    setup.shares.reset();
  }
  constexpr Duration shortest = std::chrono::milliseconds{1};  // the client takes none below it (trackside/options.hpp)
  constexpr Duration longest = std::chrono::minutes{10};       // each run goes on for that long after its faults
  setup.max_idle = std::clamp(cache->max_idle(), shortest, longest).count();
}

GeneratorOptions generator_of(const Subject& subject) {
  return {.subject = std::string{subject.name},
          .operations = subject.operations,
          .world = subject.world,
          .features = subject.features};
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
