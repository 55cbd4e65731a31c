// Every order of events in a small scope, by depth-first search: not a sample, and not a proof beyond the scope.
//
// A scope is a list of scenarios: every way to fill a few places for operations and one for a fault. In each of them
// nothing takes time, and whenever several things could happen next, each of them is tried (sim/orders.hpp): which
// message arrives, which operation begins, when the fault strikes. A run follows one order to its end and is judged
// like any other; it is given up at a state from which everything was tried before. Every state is entered once, so
// what is counted depends neither on threads nor on when a search was interrupted.
//
// Bounds: what is read arrives message by message; orders are tried at the instants of operations and of a fault's
// beginning; and the clock moves only when nothing is left to do at its instant, so that timeouts meet messages only
// where a fault holds them back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/rules.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

struct Scope {
  std::string_view name;
  std::string_view description;
  std::vector<sim::Scenario> (*scenarios)();
};

std::span<const Scope> scopes();
/// Null if there is none of that name.
const Scope* find_scope(std::string_view name);

/// What became of one scenario's orders.
struct Searched {
  std::uint64_t states = 0;       // in which there was a choice, or none any more
  std::uint64_t transitions = 0;  // from one of them by one of its options
  std::uint64_t schedules = 0;    // different orders of choices, at most UINT64_MAX
  std::uint64_t runs = 0;         // that were needed to see them all
  std::optional<model::Promise> broken{};
  std::vector<sim::TapeEntry> order{};  // the first one that breaks a promise

  friend bool operator==(const Searched&, const Searched&) = default;
};

/// Tries every order. Requires a scenario with the strategy `orders` and a tape that is replayed. Ends early, with
/// nothing, when `stop` is set.
std::optional<Searched> search_orders(const sim::Scenario& scenario, const std::atomic<bool>& stop);

}  // namespace trackside::testing
