#include "link/slot_questions.hpp"

#include "resp/slot_tags.hpp"
#include "seam/mark.hpp"
#include "trackside/command.hpp"

namespace trackside::link {
namespace {

constexpr std::string_view unwatch = "*1\r\n$7\r\nUNWATCH\r\n";

void watch(std::uint16_t slot, std::string& out) { Command{"WATCH", resp::guard_channel(slot)}.encode(out); }

bool is_error(ReplyView reply, std::string_view prefix) {
  return reply.is_error() && reply.as_string().value().starts_with(prefix);
}

}  // namespace

void SlotQuestions::reset() {
  slots_.clear();
  asked_.clear();
  answered_ = 0;
  proofs_.clear();
}

void SlotQuestions::ask_first(std::uint16_t slot, std::string& out) {
  TRACKSIDE_MARK(guards_denied);
  slots_.insert(slot);
  watch(slot, out);
  out.append(unwatch);
}

SlotQuestions::Verdict SlotQuestions::on_first(std::uint16_t slot, ReplyView reply) {
  if (!reply.is_error()) {
    return Verdict::all_keys;
  }
  if (is_error(reply, "ASK ")) {
    TRACKSIDE_MARK(slot_found_open_for_migration);
    return Verdict::present_keys;
  }
  TRACKSIDE_MARK(slot_found_lost_by_question);
  slots_.erase(slot);
  return is_error(reply, "NOPERM") ? Verdict::denied : Verdict::lost;
}

std::uint32_t SlotQuestions::ask_all(std::string& out) {
  asked_.assign(slots_.begin(), slots_.end());
  answered_ = 0;
  proofs_.clear();
  for (const std::uint16_t slot : asked_) {
    watch(slot, out);
  }
  if (asked_.empty()) {
    return 0;
  }
  out.append(unwatch);
  return static_cast<std::uint32_t>(asked_.size()) + 1;
}

std::optional<std::uint16_t> SlotQuestions::on_reply(ReplyView reply) {
  if (answered_ == asked_.size()) {
    return std::nullopt;  // UNWATCH's
  }
  const std::uint16_t slot = asked_[answered_++];
  if (!slots_.contains(slot)) {
    return std::nullopt;
  }
  switch (on_first(slot, reply)) {
    case Verdict::all_keys: proofs_.push_back({slot, SlotProof::Covers::all_keys}); return std::nullopt;
    case Verdict::present_keys: proofs_.push_back({slot, SlotProof::Covers::present_keys}); return std::nullopt;
    case Verdict::lost:
    case Verdict::denied: break;
  }
  return slot;
}

}  // namespace trackside::link
