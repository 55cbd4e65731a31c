// G10 confidence: it moves as documented, and exactly so (coredis, "Caching"; `CacheOptions`).
//
// Checked, behind every feedback, reset and flush: the cache's confidence is, to the last bit, what the arithmetic
// makes of the one before. Dynamic: x 0.999 for a mismatch and x 1.0001 for a match, then within 0 to 100. Not dynamic:
// feedback changes nothing. A reset restores what the client's cache began with. Each cache has its own, also where a
// store is shared.
// Lenient: a flush may be a reset or not, since caches that know no better reset themselves; that a hit is used
// unchecked just as often as the confidence says is chance, and not judged here.
#include <algorithm>
#include <array>
#include <cstdio>

#include "model/explain.hpp"
#include "model/rules.hpp"

namespace trackside::model {
namespace {

using Cause = ConfidenceRecord::Cause;

double within_bounds(double confidence) { return std::clamp(confidence, 0.0, 100.0); }

double moved(double before, Cause cause, const ClientTerms& terms) {
  switch (cause) {
    case Cause::mismatch: return terms.dynamic_confidence ? within_bounds(before * 0.999) : before;
    case Cause::match: return terms.dynamic_confidence ? within_bounds(before * 1.0001) : before;
    case Cause::reset: return within_bounds(terms.confidence);
    case Cause::flush: return before;
  }
  return before;
}

std::string_view text_of(Cause cause) {
  switch (cause) {
    case Cause::mismatch: return "a mismatch";
    case Cause::match: return "a match";
    case Cause::reset: return "a reset";
    case Cause::flush: return "a flush";
  }
  return {};
}

/// With all the digits that tell two numbers apart.
std::string exactly(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", number);
  return text.data();
}

}  // namespace

Verdict check_confidence(const History& history, const Oracle&) {
  Verdict verdict;
  std::vector<double> confidence;
  for (const auto& terms : history.clients) confidence.push_back(within_bounds(terms.confidence));
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    if (history.events[event].kind != Event::Kind::confidence) continue;
    const auto& record = history.confidences[history.events[event].index];
    const auto& terms = history.clients[record.client];
    auto& before = confidence[record.client];
    auto expected = moved(before, record.cause, terms);
    const auto initial = within_bounds(terms.confidence);
    if (record.cause == Cause::flush && record.confidence == initial) expected = initial;
    ++verdict.checked;
    if (record.confidence != expected) {
      verdict.violation = violation_by_nobody(
          Promise::confidence, history, event,
          exactly(expected) + " after " + std::string{text_of(record.cause)} + " at " + exactly(before),
          "client " + std::to_string(record.client) + "'s cache says " + exactly(record.confidence));
      return verdict;
    }
    before = expected;
  }
  return verdict;
}

}  // namespace trackside::model
