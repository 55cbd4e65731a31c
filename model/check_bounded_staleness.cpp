// G2 bounded staleness: a cached reply served at t is one that a read sent straight to the owner could have returned
// at some instant of [t - max_idle, t]. Where pushes may vanish from a live stream no cache can promise that; there the
// bound is max_ttl, if there is one (`ClientTerms::staleness_max`).
//
// Checked, for every reply that came from the cache, if only in part: some state current at an instant of that closed
// interval gives it. A state that was overwritten at exactly t - max_idle still could be read in that instant and
// passes; one nanosecond earlier it fails. t is the completion: the instant at which the reply was taken from the cache
// and handed over.
// Where sentinels tell who is primary, a node that no majority has named since t - max_idle counts no more.
// Lenient: a reply that the key's owner never gave at all is G1's; a value that was written again within the interval
// excuses a stale reply equal to it, because no reader can tell the two apart.
#include <algorithm>
#include <vector>

#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"

namespace trackside::model {

namespace {

/// The key's timeline without those who answered, but whom nobody could vouch for any more.
Timeline confirmed_timeline(const History& history, const Operation& read, std::vector<Tenure>& tenures) {
  if (history.tenures.empty()) return timeline_of(history, read.key);
  tenures = history.tenures[read.key];
  const Instant bound = terms_of(history, read).staleness_max;
  for (Tenure& each : tenures) {
    const bool is_over = each.confirmed_until != end_of_time && bound != end_of_time &&
                         each.confirmed_until < read.completed - bound;
    if (is_over) each.until = std::min(each.until, each.from - 1);
  }
  return Timeline{history.keys[read.key], tenures, readers_of(history, read)};
}

}  // namespace

Verdict check_bounded_staleness(const History& history, const Oracle& oracle) {
  Verdict verdict;
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    if (history.events[event].kind != Event::Kind::complete) continue;
    const auto& read = history.operations[history.events[event].index];
    if (!is_answered_read(read) || !is_cached(read)) continue;
    ++verdict.checked;
    const auto window = allowed_window(history, read);
    std::vector<Tenure> tenures;
    const auto timeline = confirmed_timeline(history, read, tenures);
    if (timeline.latest(window, [&](std::uint32_t state) { return oracle.reply(read.query, state) == read.reply; })) {
      continue;
    }
    if (!latest_explanation(history, oracle, read, {beginning_of_time, read.completed})) continue;
    auto expected = "a state that was current between " + seconds(window.first) + " and " + seconds(window.last) +
                    ": " + right_replies(history, oracle, read, window);
    verdict.violation = violation(Promise::bounded_staleness, history, event, std::move(expected),
                                  given_reply(history, oracle, read));
    return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
