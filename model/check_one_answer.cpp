// G8 one answer: nothing hangs, nothing is answered twice, and a write has at most one effect.
//
// Checked: every operation completes exactly once, no later than its client's command timeout, `completion_slack` and
// the slack that the history grants the client (a paused process cannot answer) after its invocation, and for one that
// waits at the server its own patience on top. A read of several
// keys is one command: its first part stands for it. A command whose
// bytes no other command has makes at most one version of each key, so it was not executed twice; this holds for one
// that timed out too, which may still take effect later, once.
// Lenient: writes with the same bytes cannot be told apart, nor can an execution that changed nothing be seen.
// What never ended broke the promise at its deadline, and is reported if nothing else broke it before.
#include <unordered_map>

#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

struct Effect {
  std::uint64_t cause;
  KeyIndex key;

  friend bool operator==(const Effect&, const Effect&) = default;
};

struct EffectHash {
  std::size_t operator()(const Effect& effect) const {
    return static_cast<std::size_t>((effect.cause ^ effect.key) * 0x9e3779b97f4a7c15u);
  }
};

Instant time_limit(const ClientTerms& terms) { return terms.command_timeout + completion_slack + terms.slack; }

class OneAnswer {
 public:
  explicit OneAnswer(const History& history) : history_(history), answers_(history.operations.size()) {
    for (OperationIndex index = 0; index < history.operations.size(); ++index) {
      const auto& operation = history.operations[index];
      if (operation.kind == OperationKind::write && operation.unique) unique_.emplace(operation.cause, index);
    }
  }

  std::optional<Violation> completed(std::size_t event) {
    const auto index = history_.events[event].index;
    const auto& operation = history_.operations[index];
    if (is_continuation(history_, index)) return std::nullopt;
    if (++answers_[index] > 1) {
      return violation(Promise::one_answer, history_, event, "one answer, given at " + seconds(operation.completed),
                       "another one at " + seconds(history_.events[event].at));
    }
    const auto limit = time_limit(terms_of(history_, operation)) + operation.patience;
    if (operation.completed - operation.invoked <= limit) return std::nullopt;
    return violation(Promise::one_answer, history_, event, "an answer within " + seconds(limit),
                     "one after " + seconds(operation.completed - operation.invoked));
  }

  std::optional<Violation> made(std::size_t event) {
    const auto& [kind, at, key, position] = history_.events[event];
    require(key < history_.keys.size() && position < history_.keys[key].size(), "events name versions of the history");
    const auto cause = history_.keys[key][position].cause;
    const auto write = unique_.find(cause);
    if (cause == 0 || write == unique_.end()) return std::nullopt;
    const auto [first, is_first] = made_.emplace(Effect{cause, key}, at);
    if (is_first) return std::nullopt;
    return Violation{Promise::one_answer, write->second, event, at,
                     "one effect of this write, made at " + seconds(first->second),
                     "another one at " + seconds(at)};
  }

  /// The first operation, by its deadline, that was not answered exactly once although no event says so.
  std::optional<Violation> at_the_end() const {
    std::optional<Violation> first;
    for (OperationIndex index = 0; index < history_.operations.size(); ++index) {
      const auto& operation = history_.operations[index];
      if (is_continuation(history_, index)) continue;
      const auto answers = std::max(answers_[index], operation.completions);
      if (answers == 1 || answers_[index] > 1) continue;
      const auto limit = time_limit(terms_of(history_, operation)) + operation.patience;
      const auto at = answers == 0 ? operation.invoked + limit : operation.completed;
      if (first && first->at <= at) continue;
      const auto got = answers == 0 ? std::string{"none"} : std::to_string(answers) + " answers";
      first = Violation{Promise::one_answer, index, history_.events.size(), at,
                        "one answer within " + seconds(limit) + " from " + seconds(operation.invoked), got};
    }
    return first;
  }

 private:
  const History& history_;
  std::vector<std::uint32_t> answers_;
  std::unordered_map<std::uint64_t, OperationIndex> unique_;
  std::unordered_map<Effect, Instant, EffectHash> made_;
};

}  // namespace

Verdict check_one_answer(const History& history, const Oracle&) {
  Verdict verdict;
  OneAnswer rule{history};
  // All events are told, since what is answered after the first broken one is not open at the end; the first is kept.
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    const auto kind = history.events[event].kind;
    std::optional<Violation> broken;
    if (kind == Event::Kind::complete) broken = rule.completed(event);
    if (kind == Event::Kind::version) broken = rule.made(event);
    if (!verdict.violation) verdict.violation = std::move(broken);
  }
  for (OperationIndex index = 0; index < history.operations.size(); ++index) {
    verdict.checked += is_continuation(history, index) ? 0 : 1;
  }
  auto open = rule.at_the_end();
  if (open && (!verdict.violation || open->at < verdict.violation->at)) verdict.violation = std::move(open);
  return verdict;
}

}  // namespace trackside::model
