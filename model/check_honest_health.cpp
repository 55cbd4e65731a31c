// G6 honest health: unhealthy means unused. While a cache says that it is not healthy it serves no reply and keeps no
// `put`.
//
// Checked: a read that was answered from the cache found it healthy just before, and with an open link; a `get` that
// found something and a `put` that was kept found it healthy just before. A reply that is a part of a larger one, or
// that was checked against the server's, is judged by its `get` alone.
// Lenient: a healthy cache need not serve or keep anything; that it becomes healthy again is G5's.
#include "model/explain.hpp"
#include "model/rules.hpp"
#include "model/require.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

bool is_answered_from_cache(const Operation& read) {
  const bool answered = read.ending == Ending::reply || read.ending == Ending::error_reply;
  return read.kind == OperationKind::read && read.source == Source::cache && answered;
}

std::optional<Violation> judge_read(const History& history, const Operation& read, std::size_t event) {
  if (read.healthy && read.link_alive) return std::nullopt;
  return violation(Promise::honest_health, history, event, "nothing from a cache that is unhealthy or has no link",
                   readable(read.reply) + (read.healthy ? " without a link" : " while healthy() was false"));
}

std::optional<Violation> judge_put(const History& history, const PutRecord& put, std::size_t event) {
  if (put.healthy) return std::nullopt;
  return violation_by_nobody(Promise::honest_health, history, event, "no put is kept by an unhealthy cache",
                             "client " + std::to_string(put.client) + " kept one while healthy() was false");
}

std::optional<Violation> judge_hit(const History& history, const HitRecord& hit, std::size_t event) {
  if (hit.healthy) return std::nullopt;
  return violation_by_nobody(Promise::honest_health, history, event, "nothing is found in an unhealthy cache",
                             "client " + std::to_string(hit.client) + " found a reply while healthy() was false");
}

}  // namespace

Verdict check_honest_health(const History& history, const Oracle&) {
  Verdict verdict;
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    const auto& [kind, at, index, version] = history.events[event];
    // A `get` is broken where it happened, unless the command that it answered ends in the same instant and says more.
    if (verdict.violation && at > verdict.violation->at) break;
    std::optional<Violation> broken;
    if (kind == Event::Kind::complete && is_answered_from_cache(history.operations[index])) {
      broken = judge_read(history, history.operations[index], event);
    } else if (kind == Event::Kind::put && history.puts[index].kept) {
      broken = judge_put(history, history.puts[index], event);
    } else if (kind == Event::Kind::hit) {
      broken = judge_hit(history, history.hits[index], event);
    } else {
      continue;
    }
    ++verdict.checked;
    if (!broken) continue;
    if (!verdict.violation || kind == Event::Kind::complete) verdict.violation = std::move(broken);
    if (kind != Event::Kind::hit) break;
  }
  return verdict;
}

}  // namespace trackside::model
