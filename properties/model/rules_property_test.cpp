// The coherence rules on generated histories. A perfect register with bounded staleness never breaks a promise; one
// planted wrong reply always does; and what the rules find by binary search is what a search through everything finds.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>

#include "model/timeline.hpp"
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Instant;
using model::Promise;

constexpr Instant max_idle = 5'000'000'000;
constexpr model::ClientIndex clients = 2;

/// What one step of a generated history is made of; what it means depends on its kind.
struct Step {
  enum class Kind : std::uint8_t { foreign_write, own_write, expiring_write, deletion, server_read, cache_read };
  Kind kind;
  model::ClientIndex client;
  std::uint8_t key;
  Instant before;    // time since the last step
  Instant there;     // way to the server
  Instant back;      // and back
  std::uint32_t pick;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{kind " << static_cast<int>(step.kind) << " client " << step.client << " key " << int{step.key}
             << " +" << step.before << " there " << step.there << " back " << step.back << " pick " << step.pick << "}";
}

// Coarse times, so that equal instants and exact boundaries are common.
rc::Gen<Instant> some_time(int most) {
  return rc::gen::map(rc::gen::inRange(0, most + 1), [](int units) { return Instant{units} * 500'000'000; });
}

rc::Gen<std::vector<Step>> some_steps() {
  return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
      rc::gen::set(&Step::kind, rc::gen::map(rc::gen::inRange(0, 6), [](int kind) { return Step::Kind(kind); })),
      rc::gen::set(&Step::client, rc::gen::inRange<model::ClientIndex>(0, clients)),
      rc::gen::set(&Step::key, rc::gen::inRange<std::uint8_t>(0, 2)), rc::gen::set(&Step::before, some_time(5)),
      rc::gen::set(&Step::there, some_time(1)), rc::gen::set(&Step::back, some_time(1)),
      rc::gen::set(&Step::pick, rc::gen::inRange<std::uint32_t>(0, 1000))));
}

std::string key_name(std::uint8_t key) { return key == 0 ? "k" : "l"; }

/// A register per key, caches that lag by at most max_idle, and clients that never go back. `values`: how many
/// different ones are written; with few of them, states that look alike are common.
class PerfectRegister {
 public:
  explicit PerfectRegister(std::uint32_t values) : values_(values), seen_(clients * 2) {
    for (auto& timeline : states_) timeline.push_back({model::beginning_of_time, std::string{absent}});
    history.key("k");
    history.key("l");
  }

  void run(const std::vector<Step>& steps) {
    for (const auto& step : steps) run(step);
  }

  void run(const Step& step) {
    now_ = std::max(now_ + step.before, free_at_[step.client]);
    switch (step.kind) {
      case Step::Kind::foreign_write: write(step, model::end_of_time); break;
      case Step::Kind::own_write: own_write(step); break;
      case Step::Kind::expiring_write: write(step, now_ + (1 + step.pick % 4) * Instant{1'000'000'000}); break;
      case Step::Kind::deletion: write(step, model::end_of_time, true); break;
      case Step::Kind::server_read: server_read(step); break;
      case Step::Kind::cache_read: cache_read(step); break;
    }
  }

  /// Replies that the cache may not give any more, and that it may never have given.
  std::vector<std::string> stale_values(std::uint8_t key, Instant now) const {
    std::vector<std::string> stale;
    const auto& states = states_[key];
    for (std::size_t index = 0; index < states.size() && states[index].from <= now; ++index) {
      if (!is_possible(key, states[index].value, now)) stale.push_back(states[index].value);
    }
    return stale;
  }

  /// By looking at every state: whether the key had this value at some instant of [now - max_idle, now].
  bool is_possible(std::uint8_t key, std::string_view value, Instant now) const {
    const auto& states = states_[key];
    for (std::size_t index = 0; index < states.size(); ++index) {
      const auto until = index + 1 < states.size() ? states[index + 1].from : model::end_of_time;
      if (states[index].value == value && states[index].from <= now && until >= now - max_idle) return true;
    }
    return false;
  }

  /// By looking at every pair of states: whether the keys had these values at one instant of [now - max_idle, now].
  bool are_possible_together(std::string_view first, std::string_view second, Instant now) const {
    const auto until = [](const std::vector<State>& states, std::size_t index) {
      return index + 1 < states.size() ? states[index + 1].from : model::end_of_time;
    };
    for (std::size_t one = 0; one < states_[0].size(); ++one) {
      for (std::size_t other = 0; other < states_[1].size(); ++other) {
        const auto from = std::max({states_[0][one].from, states_[1][other].from, now - max_idle});
        const auto last = std::min({until(states_[0], one), until(states_[1], other), now});
        if (from <= last && states_[0][one].value == first && states_[1][other].value == second) return true;
      }
    }
    return false;
  }

  Instant now() const { return now_; }
  HistoryBuilder history{clients};

 private:
  struct State {
    Instant from;
    std::string value;
  };

  // States are kept flat, expiries included as soon as they have come; so a pending one is written first.
  void settle_expiry(std::uint8_t key, Instant until) {
    auto& expiry = expiry_[key];
    if (!expiry || *expiry > until) return;
    states_[key].push_back({*expiry, std::string{absent}});
    expiry.reset();
  }

  std::string next_value() { return "v" + std::to_string(++written_ % values_); }

  void write(const Step& step, Instant expires_at, bool deletes = false) {
    settle_expiry(step.key, now_);
    const auto value = deletes ? std::string{absent} : next_value();
    history.key(key_name(step.key)).version(now_, value, expires_at);
    states_[step.key].push_back({now_, value});
    expiry_[step.key] = expires_at == model::end_of_time ? std::nullopt : std::optional{expires_at};
  }

  // The world waits for the owner, so that versions are made in order; the reply comes while others go on.
  void own_write(const Step& step) {
    const auto invoked = now_;
    now_ += step.there;
    settle_expiry(step.key, now_);
    const auto value = next_value();
    history.client(step.client).writes(key_name(step.key), value, {invoked, now_, now_ + step.back});
    states_[step.key].push_back({now_, value});
    expiry_[step.key].reset();
    see(step, states_[step.key].size() - 1);
  }

  void server_read(const Step& step) {
    const auto invoked = now_;
    now_ += step.there;
    settle_expiry(step.key, now_);
    const auto& states = states_[step.key];
    history.client(step.client).reads(key_name(step.key), from_server, states.back().value,
                                      {invoked, now_ + step.back});
    see(step, states.size() - 1);
  }

  void cache_read(const Step& step) {
    settle_expiry(step.key, now_);
    const auto& states = states_[step.key];
    auto first = seen_[step.client * 2 + step.key];
    while (first + 1 < states.size() && states[first + 1].from < now_ - max_idle) ++first;
    const auto chosen = first + step.pick % (states.size() - first);
    history.client(step.client).reads(key_name(step.key), from_cache, states[chosen].value, now_);
    see(step, chosen);
  }

  void see(const Step& step, std::size_t state) {
    auto& seen = seen_[step.client * 2 + step.key];
    seen = std::max(seen, state);
    // One thing after another for each client, other clients meanwhile.
    free_at_[step.client] = now_ + step.back;
  }

  std::uint32_t values_;
  std::uint32_t written_ = 0;
  Instant now_ = 0;
  std::array<std::vector<State>, 2> states_;
  std::array<std::optional<Instant>, 2> expiry_;
  std::array<Instant, clients> free_at_{};
  std::vector<std::size_t> seen_;
};

void check_all_hold(PerfectRegister& perfect) {
  for (std::size_t index = 0; index < model::promises; ++index) {
    const auto verdict = perfect.history.verdict(static_cast<Promise>(index));
    if (verdict.violation) RC_FAIL(verdict.violation->expected + " / " + verdict.violation->got);
  }
}

RC_GTEST_PROP(Rules, NeverFireOnAPerfectRegisterWithBoundedStaleness, ()) {
  PerfectRegister perfect{*rc::gen::element(2u, 3u, 1'000'000u)};
  perfect.run(*some_steps());
  check_all_hold(perfect);
}

RC_GTEST_PROP(Rules, OnePlantedStaleReplyAlwaysFiresBoundedStaleness, ()) {
  PerfectRegister perfect{1'000'000};
  perfect.run(*some_steps());
  perfect.run({Step::Kind::foreign_write, 0, 0, 0, 0, 0, 0});
  perfect.run({Step::Kind::foreign_write, 0, 0, max_idle + 1, 0, 0, 0});
  const auto now = perfect.now() + max_idle + 1 + *some_time(10);
  const auto stale = *rc::gen::elementOf(perfect.stale_values(0, now));
  const auto planted = perfect.history.client(0).reads("k", from_cache, stale, now);
  // What happens after it changes nothing.
  perfect.run({Step::Kind::foreign_write, 0, 1, now + 1 - perfect.now(), 0, 0, 0});
  perfect.run(*some_steps());
  const auto verdict = perfect.history.verdict(Promise::bounded_staleness);
  RC_ASSERT(verdict.violation.has_value());
  RC_ASSERT(verdict.violation->operation == planted);
}

RC_GTEST_PROP(Rules, AnyReplyIsJudgedAsByASearchThroughEverything, ()) {
  PerfectRegister perfect{3};
  perfect.run(*some_steps());
  const auto now = perfect.now();
  const auto value = *rc::gen::element<std::string>("", "v0", "v1", "v2");
  perfect.run({Step::Kind::cache_read, 0, 0, 0, 0, 0, 0});
  RC_PRE(perfect.now() == now);  // else a client was still waiting, and the states have gone on
  perfect.history.client(1).reads("k", from_cache, value, now);
  const bool made_up = perfect.history.verdict(Promise::integrity).violation.has_value();
  const bool too_old = perfect.history.verdict(Promise::bounded_staleness).violation.has_value();
  RC_TAG(made_up ? "made up" : too_old ? "too old" : "possible");
  RC_ASSERT((made_up || too_old) == !perfect.is_possible(0, value, now));
  RC_ASSERT(!(made_up && too_old));
}

RC_GTEST_PROP(Rules, TwoKeysAreJudgedTogetherAsByASearchThroughEverything, ()) {
  PerfectRegister perfect{3};
  perfect.run(*some_steps());
  const auto now = perfect.now();
  for (const auto key : {std::uint8_t{0}, std::uint8_t{1}}) perfect.run({Step::Kind::cache_read, 0, key, 0, 0, 0, 0});
  RC_PRE(perfect.now() == now);  // else a client was still waiting, and the states have gone on
  const auto value = [] { return rc::gen::element<std::string>("", "v0", "v1", "v2"); };
  const auto first = *value();
  const auto second = *value();
  RC_PRE(perfect.is_possible(0, first, now) && perfect.is_possible(1, second, now));
  perfect.history.client(1).reads_together({{"k", first}, {"l", second}}, mixed, {now, now});
  const bool possible = perfect.are_possible_together(first, second, now);
  RC_TAG(possible ? "one moment" : "a mixture");
  RC_ASSERT(perfect.history.verdict(Promise::integrity).violation.has_value() == !possible);
}

RC_GTEST_PROP(Rules, GoingBackBehindAnOwnWriteOrAReadAlwaysFires, ()) {
  PerfectRegister perfect{1'000'000};
  perfect.run(*some_steps());
  perfect.run({Step::Kind::foreign_write, 0, 0, 0, 0, 0, 0});
  const auto own = *rc::gen::arbitrary<bool>();
  perfect.run({Step::Kind::foreign_write, 0, 0, 1, 0, 0, 0});
  perfect.run({own ? Step::Kind::own_write : Step::Kind::server_read, 0, 0, 0, 0, *some_time(1), 0});
  perfect.run({Step::Kind::foreign_write, 0, 1, max_idle, 0, 0, 0});
  const auto now = perfect.now() + *some_time(1);
  const auto old = perfect.history.client(0).reads("k", from_cache, *rc::gen::elementOf(perfect.stale_values(0, now)),
                                                   now);
  const auto promise = own ? Promise::read_your_writes : Promise::monotonic_reads;
  const auto verdict = perfect.history.verdict(promise);
  RC_ASSERT(verdict.violation.has_value());
  RC_ASSERT(verdict.violation->operation == old);
}

}  // namespace
}  // namespace trackside::testing
