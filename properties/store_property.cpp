// The store does what its naive specification does, call by call, over random calls with few keys.
//
// Questions are chosen to be confused: equal when joined as text, empty, with zero bytes, prefixes of one another.
// Times stand at the edges where something changes: a nanosecond before, at and after a lease's end and a key's expiry.
#include <array>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "properties/run_count.hpp"
#include "properties/store_twin.hpp"

namespace trackside::testing {
namespace {

using model::CachedQuery;
using namespace std::string_literals;

constexpr std::int64_t millisecond = 1'000'000;
constexpr ServerTime epoch = 1'700'000'000'000'000'000;

const std::array<std::string, 6> keys = {"k", "kk", "", "\0"s, "k\0"s, "user:1000000000000000000000000"};

CachedQuery question(unsigned key, unsigned form) {
  switch (form % 12) {
    case 0: return {"GET", keys[key % keys.size()]};
    case 1: return {"HMGET", keys[key % keys.size()], {"a", "bc"}};
    case 2: return {"HMGET", keys[key % keys.size()], {"ab", "c"}};
    case 3: return {"HMGET", keys[key % keys.size()], {"abc"}};
    case 4: return {"HMGET", keys[key % keys.size()], {"abc", ""}};
    case 5: return {"HMGET", keys[key % keys.size()], {"", "abc"}};
    case 6: return {"HMGET", keys[key % keys.size()], {}};
    case 7: return {"HGET", keys[key % keys.size()], {"\0"s}};
    case 8: return {"HGET", keys[key % keys.size()], {"\0\0"s}};
    case 9: return {"", keys[key % keys.size()], {}};
    case 10: return {"", keys[key % keys.size()], {""}};
    default: return {"GETRANGE", keys[key % keys.size()], {"0", "1"}};
  }
}

std::string frame(unsigned value) {
  const std::string body(value % 4 == 3 ? value % 97 : value % 5, static_cast<char>('a' + value % 26));
  return value % 7 == 0 ? "_\r\n" : "$" + std::to_string(body.size()) + "\r\n" + body + "\r\n";
}

enum class Call : std::uint8_t {
  get, begin, put, put_foreign, abandon, invalidate, fence, feedback, flush, reset, bypass, end_bypass, link_up,
  link_down, vouch, wait, wait_for_lease, wait_for_expiry, shutdown, initialize
};

struct Step {
  Call call;
  unsigned key;
  unsigned form;
  unsigned amount;
};

void showValue(const Step& step, std::ostream& out) {
  static constexpr std::array names = {
      "get", "begin", "put", "put_foreign", "abandon", "invalidate", "fence", "feedback", "flush", "reset", "bypass",
      "end_bypass", "link_up", "link_down", "vouch", "wait", "wait_for_lease", "wait_for_expiry", "shutdown",
      "initialize"};
  out << names[static_cast<std::size_t>(step.call)] << '(' << step.key << ", " << step.form << ", " << step.amount
      << ')';
}

rc::Gen<Step> any_step() {
  const auto call = rc::gen::weightedElement<Call>(
      {{40, Call::get}, {12, Call::begin}, {30, Call::put}, {2, Call::put_foreign}, {2, Call::abandon},
       {3, Call::invalidate}, {3, Call::fence}, {3, Call::feedback}, {1, Call::flush}, {1, Call::reset},
       {1, Call::bypass}, {8, Call::end_bypass}, {1, Call::link_up}, {2, Call::link_down}, {16, Call::vouch},
       {6, Call::wait}, {2, Call::wait_for_lease}, {4, Call::wait_for_expiry}, {1, Call::initialize}});
  return rc::gen::construct<Step>(
      rc::gen::map(rc::gen::pair(call, rc::gen::inRange(0, 2'000)),
                   [](const std::pair<Call, int>& drawn) {
                     return drawn.second == 1'999 ? Call::shutdown : drawn.first;
                   }),
      rc::gen::inRange(0u, 6u), rc::gen::inRange(0u, 12u), rc::gen::inRange(0u, 1000u));
}

/// Waits of every size from none to beyond any lease.
std::int64_t span_of(unsigned amount, std::int64_t max_idle) {
  switch (amount % 16) {
    case 0: return max_idle - 1;
    case 1: return max_idle;
    case 2: return max_idle + amount;
    case 3: case 4: return max_idle / 4;
    case 5: case 6: case 7: return 0;
    case 8: case 9: return amount;
    default: return 1;
  }
}

class Interpreter {
 public:
  explicit Interpreter(const CacheOptions& options) : twin_(options), max_idle_(options.max_idle.count()) {}

  void begin(bool initialized) {
    if (initialized) {
      twin_.initialize();
      twin_.link_up(7);
      twin_.vouch(twin_.clock.instant, epoch);
    }
  }

  void take(const Step& step) {
    const CachedQuery query = question(step.key, step.form);
    const std::vector<std::string> names(1 + step.amount % 3, query.key);
    switch (step.call) {
      case Call::get: get(step); break;
      case Call::begin: twin_.begin_fill(query); break;
      case Call::put: put(step, false); break;
      case Call::put_foreign: put(step, true); break;
      case Call::abandon: twin_.abandon(recent_fill(step.amount)); break;
      case Call::invalidate: twin_.invalidate(names); break;
      case Call::fence: twin_.fence(names); break;
      case Call::feedback: twin_.feedback(query, step.amount % 3 == 0 ? Match::no : Match::yes); break;
      case Call::flush: twin_.flush(); break;
      case Call::reset: twin_.reset(); break;
      case Call::bypass: twin_.begin_bypass(); break;
      case Call::end_bypass: twin_.end_bypass(); break;
      case Call::link_up: twin_.link_up(step.amount); break;
      case Call::link_down: step.amount % 4 == 0 ? twin_.link_down() : relink(step.amount); break;
      case Call::vouch: vouch(step); break;
      case Call::wait: twin_.clock.instant += span_of(step.amount, max_idle_); break;
      case Call::wait_for_lease: wait_until(twin_.anchor() + max_idle_, step.amount); break;
      case Call::wait_for_expiry: wait_until(twin_.anchor() + (expiry_ - twin_.server_time()), step.amount); break;
      case Call::shutdown: twin_.shutdown(); break;
      case Call::initialize: twin_.initialize(); break;
    }
    twin_.compare();
  }

  /// Everything that may be held is asked for.
  void take_stock() {
    for (unsigned key = 0; key < keys.size(); ++key) {
      for (unsigned form = 0; form < 12; ++form) {
        twin_.get(question(key, form));
      }
    }
    twin_.compare();
  }

  std::uint64_t hits() const { return twin_.hits(); }

 private:
  std::size_t recent_fill(unsigned amount) const {
    const std::size_t back = amount % 5;
    return back < twin_.fills() ? twin_.fills() - 1 - back : twin_.fills();
  }

  /// Three of four reads ask what was put lately, so that there are hits.
  void get(const Step& step) {
    const std::size_t fill = recent_fill(step.amount / 4);
    twin_.get(step.amount % 4 != 0 && fill < twin_.fills() ? twin_.query_of(fill) : question(step.key, step.form));
  }

  void put(const Step& step, bool foreign) {
    if (step.amount % 2 == 0 && !foreign) {
      twin_.begin_fill(question(step.key, step.form));
    }
    const std::size_t fill = step.amount % 2 == 0 && !foreign ? twin_.fills() - 1 : recent_fill(step.amount);
    const bool own = !foreign && fill < twin_.fills();
    twin_.put(fill, own ? twin_.query_of(fill) : question(step.key, step.form), frame(step.amount), expiry(step));
  }

  /// None, or around the server's clock as far as it is known, or absurd.
  ServerTime expiry(const Step& step) {
    const ServerTime known = twin_.server_time() + (twin_.clock.instant - twin_.anchor());
    switch (step.amount % 11) {
      case 0: return expiry_ = known;
      case 1: return expiry_ = known + 1;
      case 2: return expiry_ = known - 1;
      case 3: return expiry_ = known + span_of(step.amount / 11, max_idle_);
      case 4: return expiry_ = known + 10 * millisecond;
      case 5: return INT64_MIN;
      case 6: return no_expiry - 1;
      default: return no_expiry;
    }
  }

  void vouch(const Step& step) {
    const std::int64_t now = twin_.clock.instant;
    const std::int64_t anchor = step.amount % 5 == 0 ? now - span_of(step.amount / 5, max_idle_) : now - step.form;
    const ServerTime known = epoch + now - 1'000'000'000;
    switch (step.amount % 9) {
      case 0: twin_.vouch(anchor, known + 3 * millisecond); break;
      case 1: twin_.vouch(anchor, known - 5 * millisecond); break;
      case 2: twin_.vouch(anchor, step.key == 0 ? ServerTime{0} : known); break;
      default: twin_.vouch(anchor, known); break;
    }
  }

  void relink(std::int64_t client_id) {
    twin_.link_down();
    twin_.link_up(client_id);
    twin_.vouch(twin_.clock.instant, epoch + twin_.clock.instant - 1'000'000'000);
  }

  void wait_until(std::int64_t instant, unsigned amount) {
    const std::int64_t wanted = instant + static_cast<std::int64_t>(amount % 3) - 1;
    const std::int64_t farthest = twin_.clock.instant + 3'600'000 * millisecond;
    twin_.clock.instant = std::clamp(wanted, twin_.clock.instant, farthest);
  }

  StoreTwin twin_;
  const std::int64_t max_idle_;
  ServerTime expiry_ = epoch;
};

CacheOptions any_options() {
  CacheOptions options;
  options.max_keys = *rc::gen::weightedElement<std::int64_t>({{4, 8}, {3, 3}, {3, 2}, {2, 1}, {1, 0}, {3, -1}});
  options.max_size_bytes = *rc::gen::weightedElement<std::int64_t>({{8, -1}, {1, 0}, {2, 131}, {4, 300}, {4, 700}});
  options.max_idle = Duration{*rc::gen::weightedElement<std::int64_t>({{8, 5'000 * millisecond}, {1, 2}, {4, 1'000}})};
  options.confidence = *rc::gen::element(100.0, 0.0, 50.0, 99.995);
  options.dynamic_confidence = *rc::gen::arbitrary<bool>();
  return options;
}

TEST(Store, DoesWhatItsSpecificationDoes) {
  std::uint64_t hits = 0;
  check_runs(400, [&hits] {
    // At full size, since RapidCheck's small sizes prefer the first of everything.
    Interpreter interpreter{*rc::gen::resize(100, rc::gen::exec(any_options))};
    interpreter.begin(*rc::gen::resize(100, rc::gen::inRange(0, 16)) != 0);
    const auto steps = *rc::gen::resize(250, rc::gen::container<std::vector<Step>>(any_step()));
    for (const Step& step : steps) {
      interpreter.take(step);
    }
    interpreter.take_stock();
    hits += interpreter.hits();
  });
  EXPECT_GT(hits, 500u) << "the calls have to reach what is kept, or they compare nothing";
}

TEST(Store, AKeyHoldsTheRepliesKeptLast) {
  check_runs(5, [] {
    StoreTwin twin{{}};
    twin.initialize();
    twin.link_up(1);
    twin.vouch(twin.clock.instant, epoch);
    const auto any_question = [] { return CachedQuery{"HGET", "h", {std::to_string(*rc::gen::inRange(0, 330))}}; };
    for (unsigned step = 0; step < 700; ++step) {
      const CachedQuery query = any_question();
      twin.begin_fill(query);
      twin.put(twin.fills() - 1, query, frame(step), no_expiry);
      twin.get(any_question());
    }
    for (int field = 0; field < 330; ++field) {
      twin.get({"HGET", "h", {std::to_string(field)}});
    }
    twin.compare();
    RC_ASSERT(twin.hits() >= 256u);
  });
}

TEST(Store, EvictsExactlyTheLeastRecentlyUsedOfMany) {
  check_runs(10, [] {
    const auto bound = *rc::gen::inRange<std::int64_t>(1, 300);
    StoreTwin twin{{.max_keys = bound, .max_size_bytes = *rc::gen::element<std::int64_t>(-1, 20'000)}};
    twin.initialize();
    twin.link_up(1);
    twin.vouch(twin.clock.instant, epoch);
    for (int step = 0; step < 1'500; ++step) {
      const CachedQuery query{"GET", std::to_string(*rc::gen::inRange(0, 400))};
      twin.clock.instant += *rc::gen::inRange(0, 2);
      if (*rc::gen::inRange(0, 3) == 0) {
        twin.begin_fill(query);
        twin.put(twin.fills() - 1, query, frame(static_cast<unsigned>(step)), no_expiry);
      } else {
        twin.get(query);
      }
    }
    for (int key = 0; key < 400; ++key) {
      twin.get({"GET", std::to_string(key)});
    }
    twin.compare();
  });
}

}  // namespace
}  // namespace trackside::testing
