// See scheduler.hpp. The heap is written out because holes that sink to the bottom first (most events are late ones)
// save half of the comparisons of a textbook pop.
#include "sim/kernel/scheduler.hpp"

#include <algorithm>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim {

std::string_view name_of(EventKind kind) {
  switch (kind) {
    case EventKind::timer: return "timer";
    case EventKind::connect: return "connect";
    case EventKind::to_client: return "to_client";
    case EventKind::to_server: return "to_server";
    case EventKind::client_told: return "client_told";
    case EventKind::serve: return "serve";
    case EventKind::server_timer: return "server_timer";
    case EventKind::fault_begin: return "fault_begin";
    case EventKind::fault_end: return "fault_end";
    case EventKind::heal: return "heal";
    case EventKind::writer_operation: return "writer_operation";
    case EventKind::link_connect: return "link_connect";
    case EventKind::link_arrival: return "link_arrival";
    case EventKind::cluster_tick: return "cluster_tick";
    case EventKind::key_transfer: return "key_transfer";
    case EventKind::slot_move: return "slot_move";
  }
  return "";
}

void Scheduler::handle(EventKind kind, Handler handler, void* context) {
  targets_[static_cast<std::size_t>(kind)] = {handler, context};
}

void Scheduler::post(Instant at, EventKind kind, std::uint32_t entity, std::uint64_t argument) {
  const Event event{at < now_ ? now_ : at, sequence_++, kind, entity, argument};
  std::size_t hole = heap_.size();
  heap_.push_back(event);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / 2;
    if (!before(event, heap_[parent])) {
      break;
    }
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = event;
}

Event Scheduler::take_first() {
  const Event event = heap_.front();
  const Event last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) {
    sift_down(0, last);
  }
  return event;
}

Event Scheduler::take_chosen() {
  simultaneous_.clear();
  now_ = heap_.front().at;
  std::copy_if(heap_.begin(), heap_.end(), std::back_inserter(simultaneous_),
               [this](const Event& event) { return event.at == now_; });
  std::sort(simultaneous_.begin(), simultaneous_.end(), &Scheduler::before);
  const std::size_t position = chooser_->choose(simultaneous_);
  if (position == Chooser::none) {
    stopped_ = true;
    return {};
  }
  const Event chosen = simultaneous_[position];
  purge([&chosen](const Event& event) { return event.sequence == chosen.sequence; });
  return chosen;
}

bool Scheduler::step(Instant limit) {
  if (heap_.empty() || heap_.front().at > limit || stopped_) {
    return false;
  }
  const Event event = chooser_ == nullptr ? take_first() : take_chosen();
  if (stopped_) {
    return false;
  }
  now_ = event.at;
  ++events_;
  const auto kind = static_cast<std::size_t>(event.kind);
  ++counts_[kind];
  hash_ = fold(fold(hash_, static_cast<std::uint64_t>(event.at)), (std::uint64_t{kind} << 32) | event.entity);
  const Target& target = targets_[kind];
  target.handler(target.context, event);
  if (steps_ != nullptr) {
    steps_->push_back({event.at, event.kind, event.entity, hash_});
  }
  return true;
}

void Scheduler::sift_down(std::size_t hole, const Event& event) {
  const std::size_t size = heap_.size();
  const std::size_t top = hole;
  std::size_t child = 2 * hole + 1;
  while (child + 1 < size) {
    child += before(heap_[child + 1], heap_[child]) ? 1 : 0;
    heap_[hole] = heap_[child];
    hole = child;
    child = 2 * hole + 1;
  }
  if (child < size) {
    heap_[hole] = heap_[child];
    hole = child;
  }
  while (hole > top) {
    const std::size_t parent = (hole - 1) / 2;
    if (!before(event, heap_[parent])) {
      break;
    }
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = event;
}

void Scheduler::advance_to(Instant at) {
  require(heap_.empty() || heap_.front().at >= at, "no event is left behind when the clock moves");
  now_ = at < now_ ? now_ : at;
}

void Scheduler::rebuild() {
  for (std::size_t position = heap_.size() / 2; position-- > 0;) {
    const Event event = heap_[position];
    sift_down(position, event);
  }
}

void Scheduler::reset() {
  heap_.clear();
  now_ = 0;
  sequence_ = 0;
  hash_ = 0;
  events_ = 0;
  stopped_ = false;
  counts_ = {};
}

}  // namespace trackside::sim
