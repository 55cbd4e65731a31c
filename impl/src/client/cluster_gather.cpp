// Commands about keys of several slots, where Redis means the same by one command for each slot; see cluster_core.hpp.
//
// The parts run side by side: each is atomic, the whole is not, as in any cluster. The first error is the answer.
#include <algorithm>
#include <map>

#include "client/cluster_core.hpp"
#include "resp/slot.hpp"
#include "resp/writer.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::nobody;

namespace {

/// One command for each slot, and which elements of the whole each of them is about.
struct Part {
  Command command;
  std::vector<std::uint32_t> positions;
};

std::map<std::uint16_t, Part> parts_of(const Command& command, std::size_t words_per_key) {
  std::map<std::uint16_t, Part> parts;
  for (std::size_t at = 1; at < command.size(); at += words_per_key) {
    Part& part = parts[resp::slot_of(command[at])];
    if (part.command.empty()) {
      part.command.add(command[0]);
    }
    for (std::size_t word = at; word < std::min(at + words_per_key, command.size()); ++word) {
      part.command.add(command[word]);
    }
    part.positions.push_back(static_cast<std::uint32_t>((at - 1) / words_per_key));
  }
  return parts;
}

std::string elements_in_order(std::span<const Reply> replies, const std::vector<std::vector<std::uint32_t>>& positions,
                              std::size_t elements) {
  std::vector<std::string_view> frames(elements);
  for (std::size_t part = 0; part < replies.size(); ++part) {
    auto element = replies[part].view().begin();
    for (const std::uint32_t position : positions[part]) {
      frames[position] = (*element).frame();
      ++element;
    }
  }
  std::string answer;
  resp::array_header(answer, elements);
  for (const std::string_view frame : frames) {
    answer += frame;
  }
  return answer;
}

}  // namespace

std::optional<ClusterCore::Gather::Kind> ClusterCore::splits(const Command& command,
                                                             const client::Classified& classified) {
  const std::string_view name = classified.name;
  if (name == "MGET") {
    return Gather::Kind::elements;
  }
  if (name == "DEL" || name == "UNLINK" || name == "EXISTS" || name == "TOUCH") {
    return Gather::Kind::sum;
  }
  return name == "MSET" && command.size() % 2 == 1 ? std::optional{Gather::Kind::all_ok} : std::nullopt;
}

OperationId ClusterCore::submit_several(Command command, Gather::Kind kind, Completion completion, Time deadline) {
  retry_waiting();
  if (free_gathers_.empty()) {
    free_gathers_.push_back(static_cast<std::uint32_t>(gathers_.size()));
    gathers_.emplace_back();
  }
  const std::uint32_t index = free_gathers_.back();
  free_gathers_.pop_back();
  Gather& gather = gathers_[index];
  const std::size_t words_per_key = kind == Gather::Kind::all_ok ? 2 : 1;
  auto parts = parts_of(command, words_per_key);
  gather.kind = kind;
  gather.elements = (command.size() - 1) / words_per_key;
  gather.missing = parts.size();
  gather.replies.resize(parts.size());
  gather.caller = callers_.add(completion, never);
  callers_[gather.caller].exchange = index;
  const OperationId id = callers_.id_of(gather.caller);
  deadline = client::deadline_of(deadline, runtime_, options_);
  for (auto& [slot, part] : parts) {
    const std::uint32_t operation = add_operation({.kind = Route::Kind::slot, .slot = slot}, deadline);
    operations_[operation].gather = index;
    operations_[operation].position = static_cast<std::uint32_t>(gather.operations.size());
    operations_[operation].repeatable = kind == Gather::Kind::elements;
    operations_[operation].may_read_replica = reads_replicas() && kind == Gather::Kind::elements;
    operations_[operation].reach = kind == Gather::Kind::elements ? Reach::nothing : Reach::slot;
    operations_[operation].command = std::move(part.command);
    gather.operations.push_back(operation);
    gather.positions.push_back(std::move(part.positions));
  }
  for (const std::uint32_t operation : gather.operations) {
    dispatch(operation);
  }
  return id;
}

/// Only if every part is in its node's part of the cache.
bool ClusterCore::several_cached(const Command& command, Reply& out) {
  std::vector<Reply> replies;
  std::vector<std::vector<std::uint32_t>> positions;
  for (const auto& [slot, part] : parts_of(command, 1)) {
    replies.emplace_back();
    if (!cached_at_reader(slot, part.command, replies.back())) {
      return false;
    }
    positions.push_back(part.positions);
  }
  out.assign(elements_in_order(replies, positions, command.size() - 1));
  return true;
}

void ClusterCore::part_done(std::uint32_t index, std::uint32_t position, const Outcome& outcome) {
  Gather& gather = gathers_[index];
  if (outcome.error) {
    gather.error = gather.error ? gather.error : outcome.error;
  } else {
    gather.replies[position].assign(outcome.reply.frame());
    const bool is_alike = outcome.source != Source::cache && gather.source.value_or(outcome.source) == outcome.source;
    gather.source = is_alike ? outcome.source : Source::mixed;  // not cache: parts are not of one instant
  }
  if (--gather.missing == 0) {
    finish_gather(index);
  }
}

void ClusterCore::finish_gather(std::uint32_t index) {
  const Gather gather = std::exchange(gathers_[index], Gather{});
  free_gathers_.push_back(index);
  callers_[gather.caller].exchange = nobody;
  if (gather.error) {
    TRACKSIDE_MARK(part_of_split_command_failed);
    complete(gather.caller, {.error = gather.error});
    return;
  }
  std::int64_t sum = 0;
  for (std::size_t part = 0; part < gather.replies.size(); ++part) {
    const ReplyView reply = gather.replies[part].view();
    const bool fits = gather.kind == Gather::Kind::elements
                          ? reply.type() == ReplyType::array && reply.size() == gather.positions[part].size()
                      : gather.kind == Gather::Kind::sum ? reply.as_integer().has_value()
                                                         : reply.type() == ReplyType::simple_string;
    if (!fits) {
      TRACKSIDE_MARK(part_of_split_command_refused);
      complete(gather.caller, {.reply = reply});  // an error, or what makes no sense
      return;
    }
    sum += gather.kind == Gather::Kind::sum ? *reply.as_integer() : 0;
  }
  std::string answer;
  switch (gather.kind) {
    case Gather::Kind::elements: answer = elements_in_order(gather.replies, gather.positions, gather.elements); break;
    case Gather::Kind::sum: resp::integer(answer, sum); break;
    case Gather::Kind::all_ok: resp::simple(answer, "OK"); break;
  }
  complete(gather.caller, {.reply = ReplyView{answer}, .source = gather.source.value_or(Source::server)});
}

}  // namespace trackside
