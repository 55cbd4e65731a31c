#include "properties/testing/timeline/timeline_recorder.hpp"

#include <fmt/format.h>

#include "properties/testing/timeline/short_text.hpp"
#include "sim/redis/value.hpp"
#include "trackside/reply.hpp"

namespace trackside::testing {
namespace {

using Kind = Timeline::Note::Kind;
using Weight = Timeline::Weight;

std::string value_text(const sim::redis::ValuePointer& value) {
  std::vector<std::string> words;
  if (const auto* text = std::get_if<sim::redis::String>(&value->content)) {
    return short_word(*text);
  }
  if (const auto* list = std::get_if<sim::redis::List>(&value->content)) {
    words.assign(list->items.begin(), list->items.end());
  } else if (const auto* set = std::get_if<sim::redis::Set>(&value->content)) {
    words = set->members;
  } else if (const auto* hash = std::get_if<sim::redis::Hash>(&value->content)) {
    for (const auto& field : hash->fields) {
      words.insert(words.end(), {field.name, field.value});
    }
  } else if (const auto* sorted = std::get_if<sim::redis::SortedSet>(&value->content)) {
    for (const auto& member : sorted->members) {
      words.push_back(member.name);
    }
  }
  return fmt::format("{} [{}]", sim::redis::type_name(*value), short_words(words, value_text_max));
}

std::string_view origin_text(sim::ChangeOrigin origin) {
  switch (origin) {
    case sim::ChangeOrigin::executed: return "";
    case sim::ChangeOrigin::replicated: return "  (replicated)";
    case sim::ChangeOrigin::discarded: return "  (thrown away, to load the primary's)";
    case sim::ChangeOrigin::loaded: return "  (loaded from the primary)";
    case sim::ChangeOrigin::moved_in: return "  (moved in)";
    case sim::ChangeOrigin::moved_out: return "  (moved out)";
    case sim::ChangeOrigin::dropped: return "  (dropped: the slot is another's)";
  }
  return {};
}

/// What the nodes have in the beginning is no news.
Weight weight_at(sim::Instant at) { return at == 0 ? Weight::upkeep : Weight::matter; }

}  // namespace

void TimelineRecorder::note(sim::Instant at, std::uint32_t client, std::string text,
                            std::span<const std::string_view> keys) {
  told_.notes.push_back(
      {{.kind = Kind::cache, .lane = client, .at = at, .order = next_order(), .text = std::move(text)}, {}});
  told_.notes.back().keys.assign(keys.begin(), keys.end());
}

void TimelineRecorder::note_of_node(sim::Instant at, std::uint32_t node, Kind kind, Weight weight, std::string text) {
  told_.notes.push_back({{.kind = kind,
                          .lane = hosts() + node,
                          .at = at,
                          .order = next_order(),
                          .weight = weight,
                          .text = std::move(text)},
                         {}});
}

void TimelineRecorder::on_moment(sim::Instant at, const sim::ConnectionName& connection, Moment moment,
                                 std::string_view reason) {
  const std::string name = fmt::format("connection {} to node {}", connection.ordinal,
                                       static_cast<unsigned>(connection.server));
  std::string text;
  switch (moment) {
    case Moment::begins: text = name + " begins"; break;
    case Moment::opens: text = name + " is open"; break;
    case Moment::ends: text = fmt::format("{} ends{}{}", name, reason.empty() ? "" : ": ", reason); break;
  }
  told_.notes.push_back({{.kind = Kind::connection,
                     .lane = connection.host,
                     .at = at,
                     .order = next_order(),
                     .weight = moment == Moment::ends ? Weight::matter : Weight::upkeep,
                     .text = std::move(text)},
                    {}});
}

void TimelineRecorder::on_change(std::uint32_t node, sim::ChangeOrigin origin,
                                 const sim::redis::ServerObserver::Change& change) {
  if (next_ != nullptr) {
    next_->on_change(node, origin, change);
  }
  if (change.database != scenario_.server.database) {
    return;  // no cached client looks there
  }
  const std::string state = change.value == nullptr ? " is gone" : " = " + value_text(change.value);
  const bool copies = origin == sim::ChangeOrigin::replicated || origin == sim::ChangeOrigin::loaded ||
                      origin == sim::ChangeOrigin::discarded;
  note_of_node(change.at, node, Kind::change, copies ? Weight::upkeep : Weight::matter,
               fmt::format("{}{}{}", short_word(change.key), state, origin_text(origin)));
  told_.notes.back().keys.emplace_back(change.key);
}

void TimelineRecorder::on_ownership(sim::Instant at, std::uint32_t node, sim::cluster::SlotRange slots, Belief belief,
                                    std::uint64_t config_epoch) {
  if (next_ != nullptr) {
    next_->on_ownership(at, node, slots, belief, config_epoch);
  }
  const std::string range = slots.first == slots.last ? fmt::format("slot {}", slots.first)
                                                      : fmt::format("slots {}-{}", slots.first, slots.last);
  note_of_node(at, node, Kind::cluster, weight_at(at),
               belief == Belief::owns ? fmt::format("owns {}  (epoch {})", range, config_epoch)
                                      : fmt::format("owns {} no more", range));
}

void TimelineRecorder::on_opening(sim::Instant at, std::uint32_t node, sim::cluster::Slot slot, Opening opening) {
  if (next_ != nullptr) {
    next_->on_opening(at, node, slot, opening);
  }
  std::string_view how;
  switch (opening) {
    case Opening::closed: how = "is closed"; break;
    case Opening::migrating: how = "is migrating"; break;
    case Opening::importing: how = "is importing"; break;
  }
  note_of_node(at, node, Kind::cluster, weight_at(at), fmt::format("slot {} {}", slot, how));
}

void TimelineRecorder::on_role(sim::Instant at, std::uint32_t node, Role role) {
  if (next_ != nullptr) {
    next_->on_role(at, node, role);
  }
  note_of_node(at, node, Kind::cluster, weight_at(at), role == Role::primary ? "is a primary" : "is a replica");
}

void TimelineRecorder::on_state(sim::Instant at, std::uint32_t node, bool up) {
  if (next_ != nullptr) {
    next_->on_state(at, node, up);
  }
  note_of_node(at, node, Kind::cluster, weight_at(at), up ? "finds the cluster up" : "finds the cluster down");
}

void TimelineRecorder::on_confirmed(sim::Instant at, std::uint32_t node, Confirmation confirmation) {
  if (next_ != nullptr) {
    next_->on_confirmed(at, node, confirmation);
  }
  note_of_node(at, node, Kind::cluster, weight_at(at),
               confirmation == Confirmation::by_majority ? "is named by a majority of the sentinels"
                                                         : "is named by no majority of the sentinels");
}

}  // namespace trackside::testing
