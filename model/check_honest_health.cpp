// G6 honest health: unhealthy means unused. While a cache says that it is not healthy it serves no reply and keeps no
// `put`.
//
// Checked: a read that was answered from the cache found it healthy just before, and with an open link; a `put` that
// was kept found it healthy just before.
// Lenient: a healthy cache need not serve or keep anything; that it becomes healthy again is G5's.
#include "model/explain.hpp"
#include "model/rules.hpp"
#include "model/require.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

std::optional<Violation> judge_read(const History& history, const Operation& read, std::size_t event) {
  if (read.healthy && read.link_alive) return std::nullopt;
  return violation(Promise::honest_health, history, event, "nothing from a cache that is unhealthy or has no link",
                   readable(read.reply) + (read.healthy ? " without a link" : " while healthy() was false"));
}

std::optional<Violation> judge_put(const History& history, const PutRecord& put, std::size_t event) {
  if (put.healthy) return std::nullopt;
  auto broken = violation(Promise::honest_health, history, event, "no put is kept by an unhealthy cache",
                          "client " + std::to_string(put.client) + " kept one while healthy() was false");
  broken.operation = nobody;
  return broken;
}

}  // namespace

Verdict check_honest_health(const History& history, const Oracle&) {
  Verdict verdict;
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    const auto& [kind, at, index, version] = history.events[event];
    if (kind == Event::Kind::complete) {
      const auto& read = history.operations[index];
      const bool answered = read.ending == Ending::reply || read.ending == Ending::error_reply;
      if (read.kind != OperationKind::read || read.source != Source::cache || !answered) continue;
      verdict.violation = judge_read(history, read, event);
    } else if (kind == Event::Kind::put && history.puts[index].kept) {
      verdict.violation = judge_put(history, history.puts[index], event);
    } else {
      continue;
    }
    ++verdict.checked;
    if (verdict.violation) return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
