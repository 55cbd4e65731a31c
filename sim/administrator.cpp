// See administrator.hpp.
#include "sim/administrator.hpp"

#include <algorithm>
#include <array>

#include "seam/mark.hpp"
#include "sim/layout.hpp"
#include "trackside/command.hpp"

namespace trackside::sim {
namespace {

using cluster::AnswerKind;
using cluster::MigrationEnding;

constexpr Instant shortest_pause = millisecond;
constexpr Instant steps_of_a_move = 10;
constexpr Instant look_again_after = second;
constexpr std::uint32_t looks = 60;
constexpr std::uint32_t look_around = UINT32_MAX;  // an event of no errand

cluster::NodeId id_of(std::uint32_t node) { return cluster::node_id(server_index(node)); }

MigrationEnding ending_of(SlotMove::Ending ending) {
  switch (ending) {
    case SlotMove::Ending::complete: return MigrationEnding::complete;
    case SlotMove::Ending::abandoned: return MigrationEnding::abandoned;
    case SlotMove::Ending::given_back: return MigrationEnding::given_back;
    case SlotMove::Ending::stolen: return MigrationEnding::stolen;
  }
  return MigrationEnding::complete;
}

std::uint32_t node_at(const redis::ClusterView& view, redis::NodeIndex position) {
  return static_cast<std::uint32_t>(cluster::server_of(cluster::parse_digits(view.nodes[position].id)));
}

}  // namespace

Administrator::Administrator(Scheduler& scheduler, ClusterNodes& nodes, Effects& effects, std::string password)
    : scheduler_(scheduler), nodes_(nodes), effects_(effects), password_(std::move(password)) {
  scheduler.handle(
      EventKind::slot_move, [](void* self, const Event& event) { static_cast<Administrator*>(self)->on_step(event); },
      this);
}

bool Administrator::running(std::uint32_t node) const { return nodes_.port(node).running(); }

std::size_t Administrator::busy() const {
  return static_cast<std::size_t>(
      std::count_if(errands_.begin(), errands_.end(), [](const auto& each) { return !each->migration.done(); }));
}

void Administrator::strike(const Fault& fault) {
  const std::uint32_t node = fault.node.value_or(0);
  bool done = false;
  if (fault.kind == FaultKind::migrate_slot) {
    move_slot(fault);  // counted when the slot is open
  } else if (fault.kind == FaultKind::failover_manual) {
    done = fail_over(node, cluster::FailoverKind::agreed);
  } else if (fault.kind == FaultKind::failover_takeover) {
    done = fail_over(node, cluster::FailoverKind::takeover);
  } else if (fault.kind == FaultKind::add_node) {
    done = add(node);
  } else if (fault.kind == FaultKind::remove_node) {
    done = remove(node);
  }
  if (done) {
    effects_.note(fault.kind);
  }
}

/// At the node, or at the first replica of the primary that it is.
bool Administrator::fail_over(std::uint32_t node, cluster::FailoverKind kind) {
  for (std::uint32_t each = 0; nodes_.node(node).is_primary() && each < nodes_.count(); ++each) {
    const redis::ClusterView& view = nodes_.node(each).view();
    const redis::NodeIndex primary = view.nodes[redis::itself].primary;
    if (primary != redis::no_node && node_at(view, primary) == node) {
      node = each;
    }
  }
  if (!running(node) || nodes_.node(node).is_primary()) {
    return false;
  }
  const bool accepted = nodes_.node(node).member().bus().fail_over(scheduler_.now(), kind).empty();
  nodes_.settle(node);
  return accepted;
}

bool Administrator::add(std::uint32_t node) {
  if (!running(node) || nodes_.node(node).knows_others()) {
    return false;
  }
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    if (running(each) && nodes_.node(each).knows_others()) {
      nodes_.node(each).member().bus().meet(scheduler_.now(), server_index(node));
      nodes_.settle(each);
      return true;
    }
  }
  return false;
}

bool Administrator::remove(std::uint32_t node) {
  bool possible = nodes_.node(node).knows_others() && nodes_.node(node).view().owner.count(redis::itself) == 0;
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    possible = possible && running(each);
  }
  if (!possible) {
    return false;
  }
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    if (each != node) {
      nodes_.node(each).member().bus().forget(scheduler_.now(), id_of(node));
      nodes_.settle(each);
    }
  }
  nodes_.node(node).member().bus().reset(scheduler_.now(), cluster::ResetKind::soft);
  nodes_.settle(node);
  return true;
}

// ---- slots

std::vector<cluster::NodeId> Administrator::other_primaries(std::uint32_t source, std::uint32_t target) const {
  std::vector<cluster::NodeId> others;
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    if (each != source && each != target && nodes_.node(each).is_primary() && nodes_.node(each).knows_others()) {
      others.push_back(id_of(each));
    }
  }
  return others;
}

/// A claim wins by a new epoch, and a node takes a new one only above those that it has heard of.
bool Administrator::may_take_slots(std::uint32_t node) const {
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    if (nodes_.node(each).view().nodes[redis::itself].config_epoch > nodes_.node(node).view().current_epoch) {
      return false;
    }
  }
  return true;
}

void Administrator::move_slot(const Fault& fault) {
  std::optional<std::uint32_t> source;
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    const bool owns = nodes_.node(each).view().owns(fault.move.slot) && nodes_.node(each).is_primary();
    if (owns && running(each) && (!fault.node || *fault.node == each)) {
      source = each;
    }
  }
  const bool steals = fault.move.ending == SlotMove::Ending::stolen;
  if (!source || *source == fault.move.to || (steals && !may_take_slots(fault.move.to))) {
    return;
  }
  // As redis-cli, which moves nothing while slots are open: sent to two importers in turn, clients lose sight of keys.
  const auto& open = nodes_.node(*source).view().migrating_to;
  const auto is_this = [&](const auto& each) { return each.first == fault.move.slot; };
  if (!steals && std::any_of(open.begin(), open.end(), is_this)) {
    return;
  }
  cluster::MigrationPlan plan;
  plan.slot = fault.move.slot;
  plan.source = id_of(*source);
  plan.target = id_of(fault.move.to);
  plan.others = other_primaries(*source, fault.move.to);
  plan.ending = ending_of(fault.move.ending);
  plan.batch_keys = 1;  // slots of a scenario hold few keys, and some should be half moved
  begin(std::move(plan), fault.kind, fault.duration / steps_of_a_move);
}

void Administrator::begin(cluster::MigrationPlan plan, FaultKind kind, Instant pause) {
  errands_.push_back(std::make_unique<Errand>(Errand{
      .migration = {std::move(plan), nodes_.directory()}, .kind = kind, .pause = std::max(pause, shortest_pause)}));
  scheduler_.post(scheduler_.now(), EventKind::slot_move, static_cast<std::uint32_t>(errands_.size() - 1), 0);
}

void Administrator::on_step(const Event& event) {
  if (event.entity == look_around) {
    look_for_open_slots();
    return;
  }
  Errand& errand = *errands_[event.entity];
  if (errand.waiting) {
    if (const std::optional<Answer> answer = answer_to(errand)) {
      hear(errand, *answer);
    }
  } else if (const auto command = errand.migration.next()) {
    ask(errand, *command);
  }
  if (!errand.migration.done()) {
    const Instant pause = repairing_ || errand.waiting ? shortest_pause : errand.pause;
    scheduler_.post(event.at + pause, event.kind, event.entity, 0);
  }
}

redis::SessionId Administrator::open_session(std::uint32_t node) {
  redis::Server& server = nodes_.node(node).server();
  const redis::SessionId session = server.open(scheduler_.now(), "10.0.1.2:40000");
  if (!password_.empty()) {
    std::string login;
    Command{"AUTH", password_}.encode(login);
    server.feed(session, login, scheduler_.now());
    server.output(session).clear();
  }
  return session;
}

void Administrator::ask(Errand& errand, const cluster::AdminCommand& command) {
  errand.at = static_cast<std::uint32_t>(command.to);
  if (nodes_.port(errand.at).down()) {
    hear(errand, {AnswerKind::error, {}});
    return;
  }
  if (!running(errand.at)) {
    return;  // asked again later
  }
  Command encoded;
  for (const std::string& word : command.arguments) {
    encoded.add(word);
  }
  std::string bytes;
  encoded.encode(bytes);
  errand.process = nodes_.process(errand.at);
  errand.session = open_session(errand.at);
  errand.waiting = true;
  nodes_.node(errand.at).server().feed(errand.session, bytes, scheduler_.now());
  nodes_.settle(errand.at);
}

std::optional<Administrator::Answer> Administrator::answer_to(const Errand& errand) {
  if (nodes_.process(errand.at) != errand.process) {
    return Answer{AnswerKind::error, {}};
  }
  resp::FrameBuffer frames{ReplyLimits{}};
  frames.feed(nodes_.node(errand.at).server().output(errand.session));
  const auto next = frames.next();
  if (next.status != resp::FrameBuffer::Status::frame) {
    return std::nullopt;
  }
  Answer answer{next.frame.is_error() ? AnswerKind::error : AnswerKind::fine, {}};
  for (const ReplyView element : next.frame) {
    answer.keys.emplace_back(*element.as_string());
  }
  nodes_.node(errand.at).server().closed(errand.session, scheduler_.now());
  nodes_.settle(errand.at);
  return answer;
}

void Administrator::hear(Errand& errand, const Answer& answer) {
  errand.waiting = false;
  errand.migration.answered(answer.kind, answer.keys);
  if (!errand.counted && answer.kind == AnswerKind::fine) {
    errand.counted = true;
    effects_.note(errand.kind);
  }
  const bool moved = errand.migration.done() && !errand.migration.failed() &&
                     errand.migration.plan().ending != MigrationEnding::abandoned;
  if (moved) {
    effects_.note(ClusterEffect::migration);
  }
}

// ---- repairing

void Administrator::repair() {
  repairing_ = true;
  looks_left_ = looks;
  scheduler_.post(scheduler_.now() + look_again_after, EventKind::slot_move, look_around, 0);
}

/// A slot that its owner wants to give away is moved; one that cannot be moved, or that somebody waits for in vain, is
/// closed.
void Administrator::look_for_open_slots() {
  const bool look_again = --looks_left_ > 0;
  if (look_again) {
    scheduler_.post(scheduler_.now() + look_again_after, EventKind::slot_move, look_around, 0);
  }
  if (busy() > 0) {
    return;
  }
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    const redis::ClusterView& view = nodes_.node(each).view();
    for (const auto& [slot, target] : view.migrating_to) {
      const std::uint32_t to = node_at(view, target);
      if (!nodes_.node(to).is_primary() || last_repair_failed_at(each, slot)) {
        TRACKSIDE_MARK(open_slot_closed_by_repair);
        close_slot(each, slot);
        return;
      }
      begin({.slot = slot,
             .source = id_of(each),
             .target = id_of(to),
             .others = other_primaries(each, to),
             .replace = true},
            FaultKind::migrate_slot, 0);
      errands_.back()->counted = true;
      return;
    }
  }
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    const auto importing = nodes_.node(each).view().importing_from;
    for (const auto& [slot, source] : importing) {
      close_slot(each, slot);
    }
  }
  give_away_unclaimed_slots();
}

bool Administrator::last_repair_failed_at(std::uint32_t node, cluster::Slot slot) const {
  if (errands_.empty() || !errands_.back()->migration.failed()) {
    return false;
  }
  const cluster::MigrationPlan& plan = errands_.back()->migration.plan();
  return plan.replace && plan.slot == slot && plan.source == id_of(node);
}

void Administrator::close_slot(std::uint32_t node, cluster::Slot slot) {
  tell(node, {"CLUSTER", "SETSLOT", std::to_string(slot), "STABLE"});
}

/// A slot that each node takes for another's, and so nobody serves: a primary that gave it away may still hear its own
/// old claim from the other, if the way back took less time than a message. Whoever has its keys gets it.
void Administrator::give_away_unclaimed_slots() {
  std::array<std::uint8_t, redis::slot_count> claimed{};
  for (std::uint32_t each = 0; each < nodes_.count(); ++each) {
    const redis::SlotOwners& owners = nodes_.node(each).view().owner;
    if (owners.count(redis::itself) == 0) {
      continue;
    }
    for (std::size_t slot = 0; slot < redis::slot_count; ++slot) {  // without a branch, so that compilers make it short
      claimed[slot] = static_cast<std::uint8_t>(claimed[slot] | (owners[slot] == redis::itself ? 1 : 0));
    }
  }
  if (std::find(claimed.begin(), claimed.end(), 0) == claimed.end()) {
    return;
  }
  for (std::uint16_t slot = 0; slot < redis::slot_count; ++slot) {
    std::optional<std::uint32_t> best;
    for (std::uint32_t each = 0; claimed[slot] == 0 && each < nodes_.count(); ++each) {
      const ClusterNode& node = nodes_.node(each);
      const bool may = node.is_primary() && node.knows_others();
      if (may && (!best || node.server().keys_in_slot(slot) > nodes_.node(*best).server().keys_in_slot(slot))) {
        best = each;
      }
    }
    if (best) {
      TRACKSIDE_MARK(unclaimed_slot_given_away);
      tell(*best, {"CLUSTER", "DELSLOTS", std::to_string(slot)});
      tell(*best, {"CLUSTER", "ADDSLOTS", std::to_string(slot)});
      tell(*best, {"CLUSTER", "BUMPEPOCH"});
    }
  }
}

/// Whatever the answer is.
void Administrator::tell(std::uint32_t node, std::initializer_list<std::string_view> words) {
  const redis::SessionId session = open_session(node);
  Command command;
  for (const std::string_view word : words) {
    command.add(word);
  }
  std::string bytes;
  command.encode(bytes);
  nodes_.node(node).server().feed(session, bytes, scheduler_.now());
  nodes_.node(node).server().closed(session, scheduler_.now());
  nodes_.settle(node);
}

}  // namespace trackside::sim
