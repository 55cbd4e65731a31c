// What a scenario's faults excuse: of those whom they reach, and of nobody else.
#include "properties/testing/judging/terms.hpp"

#include <gtest/gtest.h>

namespace trackside::testing {
namespace {

sim::Scenario three_clients() {
  sim::Scenario scenario;
  scenario.clients = {{.max_idle = sim::second}, {.max_idle = 2 * sim::second}, {.max_idle = 3 * sim::second}};
  return scenario;
}

sim::Fault push_drop_of(std::uint32_t target) {
  return {.id = 1, .kind = sim::FaultKind::push_drop, .at = 0, .duration = sim::second, .target = target};
}

TEST(Terms, AreTheClientsOwnSettings) {
  const auto terms = terms_of(three_clients(), 1);
  EXPECT_EQ(terms.max_idle, 2 * sim::second);
  EXPECT_EQ(terms.staleness_max, 2 * sim::second);
  EXPECT_TRUE(terms.pushes_reliable);
}

TEST(Terms, ALostPushExcusesItsOwnClientAlone) {
  auto scenario = three_clients();
  scenario.faults = {push_drop_of(1)};
  EXPECT_TRUE(terms_of(scenario, 0).pushes_reliable);
  EXPECT_FALSE(terms_of(scenario, 1).pushes_reliable);
  EXPECT_EQ(terms_of(scenario, 1).staleness_max, model::end_of_time);
  EXPECT_EQ(terms_of(scenario, 0).staleness_max, sim::second);
}

TEST(Terms, ATimeToLiveBoundsWhatALostPushLeaves) {
  auto scenario = three_clients();
  scenario.faults = {push_drop_of(1)};
  scenario.clients[1].max_ttl = 7 * sim::second;
  EXPECT_EQ(terms_of(scenario, 1).staleness_max, 7 * sim::second);
  scenario.clients[1].max_ttl = sim::second;
  EXPECT_EQ(terms_of(scenario, 1).staleness_max, 2 * sim::second) << "no less than max_idle";
}

TEST(Terms, ALostPushReachesEverybodyWhoSharesTheStore) {
  auto scenario = three_clients();
  scenario.clients[2].shares = 0;
  for (const std::uint32_t target : {0u, 2u}) {
    scenario.faults = {push_drop_of(target)};
    EXPECT_FALSE(terms_of(scenario, 0).pushes_reliable);
    EXPECT_TRUE(terms_of(scenario, 1).pushes_reliable);
    EXPECT_FALSE(terms_of(scenario, 2).pushes_reliable);
  }
  scenario.clients[0].max_ttl = 9 * sim::second;
  EXPECT_EQ(terms_of(scenario, 2).staleness_max, model::end_of_time) << "what counts is the reader's own bound";
  scenario.clients[2].max_ttl = 4 * sim::second;
  EXPECT_EQ(terms_of(scenario, 2).staleness_max, 4 * sim::second);
}

TEST(Terms, APauseGivesMoreTimeToAnswer) {
  auto scenario = three_clients();
  scenario.faults = {{.id = 1, .kind = sim::FaultKind::pause_client, .duration = sim::second, .target = 2},
                     {.id = 2, .kind = sim::FaultKind::late_timers, .target = 2, .argument = 5}};
  EXPECT_EQ(terms_of(scenario, 2).slack, sim::second + 5);
  EXPECT_EQ(terms_of(scenario, 1).slack, 0);
}

}  // namespace
}  // namespace trackside::testing
