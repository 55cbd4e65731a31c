// G9 true counters: statistics add up. What a cache says to have counted is what happened to it.
//
// Checked, at the end, for every client: its cache's hits, misses, invalidations and dirty hits are those that whoever
// watched the cache counted. Every `get` is a hit or a miss, so hits + misses are the calls of `get`. Every key named
// to `invalidate` is an invalidation, whether it was cached or not; a mismatch is a dirty hit and an invalidation.
// Fences and flushes count nothing. Caches that share a store share its counters, and each of them says the sum.
// What figures of single keys and those of the client do not agree with, whoever recorded the history says in a
// sentence.
// Lenient: figures on the way are not judged.
#include "model/explain.hpp"
#include "model/rules.hpp"

namespace trackside::model {
namespace {

std::string text_of(const Counters& counters) {
  return std::to_string(counters.hits) + " hits, " + std::to_string(counters.misses) + " misses, " +
         std::to_string(counters.dirty) + " dirty, " + std::to_string(counters.invalidations) + " invalidations";
}

}  // namespace

Verdict check_true_counters(const History& history, const Oracle&) {
  Verdict verdict;
  for (ClientIndex client = 0; client < history.clients.size(); ++client) {
    ++verdict.checked;
    const auto& happened = history.ledgers[history.clients[client].store];
    const auto& claimed = history.claims_at_end[client];
    const bool says_more = client < history.contradictions_at_end.size();
    const std::string contradiction = says_more ? history.contradictions_at_end[client] : std::string{};
    if (claimed == happened && contradiction.empty()) continue;
    if (claimed == happened) {
      verdict.violation = violation_at_end(Promise::true_counters, history, "figures that agree with what happened",
                                           "client " + std::to_string(client) + ": " + contradiction);
      return verdict;
    }
    verdict.violation =
        violation_at_end(Promise::true_counters, history, text_of(happened) + " of " +
                                                              std::to_string(happened.hits + happened.misses) + " gets",
                         "client " + std::to_string(client) + "'s cache says " + text_of(claimed));
    return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
