// G7 bounds: memory is bounded. After every `put` the cache holds at most max_keys keys and max_size_bytes bytes.
//
// Checked, for every `put` behind which the cache said how much it holds: both figures are within the bounds of the
// client's store. A negative bound is none; zero keeps nothing.
// Lenient: a cache that does not say is not judged, and the figures are taken for true: that they count what they are
// said to count, and that the least recent goes first, is held against the reference cache elsewhere.
#include "model/explain.hpp"
#include "model/rules.hpp"

namespace trackside::model {
namespace {

bool exceeds(std::size_t amount, std::int64_t bound) {
  return bound >= 0 && amount > static_cast<std::uint64_t>(bound);
}

std::string amount_text(std::size_t amount, const char* unit) { return std::to_string(amount) + unit; }

}  // namespace

Verdict check_bounds(const History& history, const Oracle&) {
  Verdict verdict;
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    if (history.events[event].kind != Event::Kind::put) continue;
    const auto& put = history.puts[history.events[event].index];
    if (!put.usage) continue;
    ++verdict.checked;
    const auto& terms = history.clients[put.client];
    const auto& [keys, bytes] = *put.usage;
    const bool too_many = exceeds(keys, terms.max_keys);
    if (!too_many && !exceeds(bytes, terms.max_size_bytes)) continue;
    const auto bound = static_cast<std::size_t>(too_many ? terms.max_keys : terms.max_size_bytes);
    const auto* unit = too_many ? " keys" : " bytes";
    verdict.violation = violation_by_nobody(
        Promise::bounds, history, event, "at most " + amount_text(bound, unit) + " after a put",
        "client " + std::to_string(put.client) + "'s cache holds " + amount_text(too_many ? keys : bytes, unit));
    return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
