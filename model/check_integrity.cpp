// G1 integrity: nothing is made up. A read's reply is the owner's reply to exactly that query in a state that the key
// really had.
//
// Checked, for every read that ended in a reply which is not an error:
//   any source: some state of the key up to the completion gives that reply;
//   server:     some state current between invocation and completion gives it (a reply that went to the wrong command
//               is caught here, even if it was right once);
//   joined:     some state current between invocation - max_idle and completion gives it, since only a fill sent
//               within max_idle may be joined.
// And for every answer: what a program reads out of it, as one of its types, is what it says.
// A read of several keys is also judged as a whole: see together.hpp.
// Lenient: two queries with equal replies cannot be told apart; error replies say nothing about a key; and how old a
// *cached* reply may be is left to G2.
#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"
#include "model/together.hpp"

namespace trackside::model {
namespace {

std::string window_rule(const Operation& read, Window window) {
  const std::string how = read.source == Source::server ? "asked the server: " : "joined a fill: ";
  return how + "a state that was current between " + seconds(window.first) + " and " + seconds(window.last) + ": ";
}

}  // namespace

Verdict check_integrity(const History& history, const Oracle& oracle) {
  Verdict verdict;
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    if (history.events[event].kind != Event::Kind::complete) continue;
    const auto& read = history.operations[history.events[event].index];
    if (!read.misreading.empty()) {
      verdict.violation = violation(Promise::integrity, history, event, "a reply that a program can read",
                                    readable(read.reply) + ": " + read.misreading);
      return verdict;
    }
    if (!is_answered_read(read)) continue;
    ++verdict.checked;
    const Window ever{beginning_of_time, read.completed};
    const Window window = is_cached(read) ? ever : allowed_window(history, read);
    if (latest_explanation(history, oracle, read, window)) {
      verdict.violation = judge_together(history, oracle, event);
      if (verdict.violation) return verdict;
      continue;
    }
    auto expected = latest_explanation(history, oracle, read, ever)
                        ? window_rule(read, window) + right_replies(history, oracle, read, window)
                        : "a state that the key ever had until " + seconds(read.completed) + ": " +
                              right_replies(history, oracle, read, ever);
    verdict.violation = violation(Promise::integrity, history, event, std::move(expected),
                                  given_reply(history, oracle, read));
    return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
