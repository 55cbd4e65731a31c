#include "properties/testing/search/exhaust.hpp"

#include <limits>

#include <boost/unordered/unordered_flat_map.hpp>

#include "properties/testing/running/run.hpp"
#include "sim/kernel/sites.hpp"

namespace trackside::testing {
namespace {

constexpr std::uint32_t nothing = std::numeric_limits<std::uint32_t>::max();

std::uint64_t saturating_sum(std::uint64_t left, std::uint64_t right) {
  return left > UINT64_MAX - right ? UINT64_MAX : left + right;
}

class Search final : public sim::OrdersObserver {
 public:
  Search(const sim::Scenario& scenario, const std::atomic<bool>& stop) : scenario_(scenario), stop_(stop) {}

  std::optional<Searched> all() {
    follow({});
    while (!work_.empty() && !stop_) {
      Branch next = std::move(work_.back());
      work_.pop_back();
      follow(std::move(next.order));
    }
    if (stop_) {
      return std::nullopt;
    }
    searched_.states = states_.size();
    searched_.schedules = states_.empty() ? 1 : schedules();
    return std::move(searched_);
  }

  bool on_choice(std::uint64_t state, std::uint32_t options) override {
    const std::size_t depth = taken_.size();
    const bool is_new = depth >= order_.size();
    const std::uint32_t here = number_of(state, options);
    if (before_ != nothing) {
      states_[before_].next[option_] = here;
    }
    before_ = here;
    option_ = 0;
    if (is_new && here != fresh_) {
      return false;  // known, and tried or about to be
    }
    if (options == 1) {
      return true;
    }
    const std::uint32_t choice = is_new ? 0 : order_[depth];
    if (is_new) {
      // Those that are tried last are put down first: the search goes depth first.
      for (std::uint32_t other = options; other-- > 1;) {
        work_.push_back({taken_});
        work_.back().order.push_back(other);
      }
      order_.push_back(0);
    }
    taken_.push_back(choice);
    option_ = choice;
    return true;
  }

 private:
  struct State {
    std::vector<std::uint32_t> next;  // by option; nothing: to the end
  };
  struct Branch {
    std::vector<std::uint32_t> order;
  };

  std::uint32_t number_of(std::uint64_t state, std::uint32_t options) {
    const auto [at, added] = numbers_.try_emplace(state, static_cast<std::uint32_t>(states_.size()));
    fresh_ = nothing;
    if (added) {
      states_.push_back({std::vector<std::uint32_t>(options, nothing)});
      searched_.transitions += options;
      fresh_ = at->second;
    }
    return at->second;
  }

  void follow(std::vector<std::uint32_t> order) {
    sim::Scenario scenario = scenario_;
    scenario.tape = tape_of(order);
    order_ = std::move(order);
    taken_.clear();
    before_ = nothing;
    const RunResult result = run(scenario, {.orders = this});
    ++searched_.runs;
    if (result.violation && !searched_.broken) {
      searched_.broken = result.violation->promise;
      searched_.order = tape_of(taken_);
    }
  }

  /// What the scope decides, and the order.
  std::vector<sim::TapeEntry> tape_of(const std::vector<std::uint32_t>& order) const {
    std::vector<sim::TapeEntry> tape = scenario_.tape;
    for (std::size_t position = 0; position < order.size(); ++position) {
      if (order[position] != 0) {
        tape.push_back({std::string{sim::site::order.name}, 0, position, order[position]});
      }
    }
    return tape;
  }

  /// Ways from the first state to an end. States come before those that are reached from them only in some orders, so
  /// each is counted when all behind it are.
  std::uint64_t schedules() const {
    std::vector<std::uint64_t> counts(states_.size());
    std::vector<std::uint8_t> done(states_.size());
    std::vector<std::uint32_t> path{0};
    while (!path.empty()) {
      const std::uint32_t here = path.back();
      std::uint32_t missing = nothing;
      std::uint64_t sum = 0;
      for (const std::uint32_t next : states_[here].next) {
        if (next != nothing && done[next] == 0) {
          missing = next;
          break;
        }
        sum = saturating_sum(sum, next == nothing ? 1 : counts[next]);
      }
      if (missing != nothing) {
        path.push_back(missing);
        continue;
      }
      counts[here] = sum;
      done[here] = 1;
      path.pop_back();
    }
    return counts.front();
  }

  const sim::Scenario& scenario_;
  const std::atomic<bool>& stop_;
  Searched searched_{};
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> numbers_;  // of states; never iterated
  std::vector<State> states_;
  std::vector<Branch> work_;
  std::vector<std::uint32_t> order_;  // of the run under way
  std::vector<std::uint32_t> taken_;  // so far
  std::uint32_t before_ = nothing;    // the last state
  std::uint32_t option_ = 0;          // that was taken there
  std::uint32_t fresh_ = nothing;     // if it was seen for the first time
};

}  // namespace

std::optional<Searched> search_orders(const sim::Scenario& scenario, const std::atomic<bool>& stop) {
  Search search{scenario, stop};
  return search.all();
}

}  // namespace trackside::testing
