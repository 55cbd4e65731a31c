// The promises by number, name and sentence, and the way from a promise to its rule.
#include "model/rules.hpp"

#include "model/require.hpp"

namespace trackside::model {
namespace {

struct Words {
  std::string_view name;
  std::string_view sentence;
};

Words words_of(Promise promise) {
  switch (promise) {
    case Promise::integrity:
      return {"G1 integrity", "a reply is the server's reply to that exact query in a state the key really had"};
    case Promise::bounded_staleness:
      return {"G2 bounded staleness", "a cached reply is never more than max_idle behind Redis itself"};
    case Promise::read_your_writes:
      return {"G3 read your writes", "a read invoked after an own write completed returns nothing older"};
    case Promise::monotonic_reads:
      return {"G4 monotonic reads", "a read invoked after another completed never returns an older version of the key"};
    case Promise::convergence:
      return {"G5 convergence", "once faults stop the cache is healthy again, every read is current, nothing is left"};
    case Promise::honest_health:
      return {"G6 honest health", "while healthy() is false no cached reply is served and no put is kept"};
    case Promise::bounds:
      return {"G7 bounds", "after every put the cache holds at most max_keys keys and max_size_bytes bytes"};
    case Promise::one_answer:
      return {"G8 one answer", "every command completes exactly once and in time; a write is executed at most once"};
    case Promise::true_counters:
      return {"G9 true counters", "hits, misses, invalidations and dirty hits are what happened, each counted once"};
    case Promise::confidence:
      return {"G10 confidence", "only feedback moves it, if it is dynamic, just as documented; a reset restores it"};
  }
  require(false, "a promise is one of those listed");
  return {};
}

}  // namespace

std::string_view name_of(Promise promise) { return words_of(promise).name; }
std::string_view code_of(Promise promise) {
  const auto name = words_of(promise).name;
  return name.substr(0, name.find(' '));
}
std::string_view sentence_of(Promise promise) { return words_of(promise).sentence; }

Verdict check(Promise promise, const History& history, const Oracle& oracle) {
  switch (promise) {
    case Promise::integrity: return check_integrity(history, oracle);
    case Promise::bounded_staleness: return check_bounded_staleness(history, oracle);
    case Promise::read_your_writes: return check_read_your_writes(history, oracle);
    case Promise::monotonic_reads: return check_monotonic_reads(history, oracle);
    case Promise::convergence: return check_convergence(history, oracle);
    case Promise::honest_health: return check_honest_health(history, oracle);
    case Promise::bounds: return check_bounds(history, oracle);
    case Promise::one_answer: return check_one_answer(history, oracle);
    case Promise::true_counters: return check_true_counters(history, oracle);
    case Promise::confidence: return check_confidence(history, oracle);
  }
  require(false, "a promise is one of those listed");
  return {};
}

}  // namespace trackside::model
