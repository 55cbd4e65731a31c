#include "properties/testing/running/client_caches.hpp"

#include <algorithm>

#include "properties/testing/judging/terms.hpp"
#include "properties/testing/subjects/plain_cache.hpp"
#include "properties/testing/subjects/subjects.hpp"

namespace trackside::testing {

ClientCaches::ClientCaches(const sim::Scenario& scenario, const CacheFactory& make)
    : scenario_(scenario),
      make_(make ? make : CacheFactory{find_subject(scenario.subject)->make}),
      is_verified_(!make && scenario.subject == "verified") {
  for (std::size_t index = 0; index < scenario.clients.size(); ++index) {
    hooks_.push_back(std::make_unique<HookCounts>());
  }
}

KeyFigures ClientCaches::figures_of(std::uint32_t index) const {
  const sim::ClientSetup& owner = scenario_.clients[store_owner_of(scenario_, index)];
  if (!is_verified_ || sim::has_habit(owner, "plain_cache")) return {};
  const auto limits = limits_of_figures(owner);
  return {.exact = !limits, .limits = limits};
}

HookCounts* ClientCaches::hooks_of(std::uint32_t index) {
  // Of one cache for two clients nobody could say whose doing a hook tells.
  const bool is_given_twice =
      std::any_of(scenario_.clients.begin(), scenario_.clients.end(),
                  [](const sim::ClientSetup& client) { return sim::has_habit(client, "same_cache"); });
  const bool has_hooks = is_verified_ && !is_given_twice && sim::has_habit(scenario_.clients[index], "hooks");
  return has_hooks ? hooks_[index].get() : nullptr;
}

std::shared_ptr<AbstractCache> ClientCaches::make(std::uint32_t index) {
  const sim::ClientSetup& setup = scenario_.clients[index];
  const AbstractCache* const shared = setup.shares ? caches_[*setup.shares].get() : nullptr;
  CacheOptions options = options_of(setup, shared);
  if (HookCounts* const told = hooks_of(index)) {
    options.hooks = hooks_into(*told);
  }
  if (shared != nullptr && sim::has_habit(setup, "same_cache")) {
    caches_.push_back(caches_[*setup.shares]);
  } else if (sim::has_habit(setup, "plain_cache")) {
    caches_.push_back(std::make_shared<PlainCache>(options.confidence));
  } else {
    caches_.push_back(make_(options));
  }
  return caches_.back();
}

}  // namespace trackside::testing
