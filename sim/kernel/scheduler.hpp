// The world's clock and the only thing that moves it: a heap of small events, ordered by (time, sequence).
//
// Invariants: time never goes back; events of one instant run in the order in which they were posted, so nothing posted
// from inside an event runs before that event is over; every event is folded into a 64-bit rolling hash before it runs.
// After warm-up nothing is allocated. Handlers are plain functions with a context, one for each kind of event.
// Neighbours: timers.hpp (cancellable tasks), network and world (who post events).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"
#include "sim/kernel/hash.hpp"

namespace trackside::sim {

enum class EventKind : std::uint8_t {
  timer,      // entity: slot; argument: generation
  connect,    // entity: stream; argument: generation
  to_client,  // likewise: something may have arrived there
  to_server,
  client_told,   // an outcome that the host learns in a turn of its own
  serve,         // the server is free again, or thawed
  server_timer,  // argument: which request of the server's timer this was
  fault_begin,   // entity: position in the scenario
  fault_end,
  heal,
  writer_operation,  // entity: position in the scenario
  link_connect,      // entity: link between servers; argument: generation
  link_arrival,      // likewise; argument: generation and end
  cluster_tick,      // entity: server; argument: which of its processes
  key_transfer,      // entity: server whose MIGRATE is under way; argument: which of its steps
  slot_move,         // entity: which of the administrator's errands
};
inline constexpr std::size_t event_kinds = 16;
std::string_view name_of(EventKind kind);

struct Event {
  Instant at;
  std::uint64_t sequence;
  EventKind kind;
  std::uint32_t entity;
  std::uint64_t argument;
};
static_assert(sizeof(Event) == 32);

/// Says which of the events of one instant runs next, where that is not to be the order in which they were posted.
class Chooser {
 public:
  static constexpr std::size_t none = SIZE_MAX;  // the world is to stop here

  /// The position of one of the events, which are given in the order in which they were posted; or none.
  virtual std::size_t choose(std::span<const Event> events) = 0;

 protected:
  ~Chooser() = default;
};

/// An event that has run, and the run's hash behind it, with all that was noted meanwhile.
struct Step {
  Instant at;
  EventKind kind;
  std::uint32_t entity;
  std::uint64_t hash;

  friend bool operator==(const Step&, const Step&) = default;
};

class Scheduler {
 public:
  using Handler = void (*)(void* context, const Event& event);

  /// Asked before every event from now on; null: nobody.
  void choose_by(Chooser* chooser) noexcept { chooser_ = chooser; }
  /// Whether the chooser chose none.
  bool stopped() const noexcept { return stopped_; }

  /// Adds every event from now on; null: nothing is kept.
  void record_steps(std::vector<Step>* steps) noexcept { steps_ = steps; }

  /// Who handles a kind of event. Required before the first event of that kind runs.
  void handle(EventKind kind, Handler handler, void* context);

  /// Adds an event. A time that has passed means now, behind everything already posted for now.
  void post(Instant at, EventKind kind, std::uint32_t entity, std::uint64_t argument);

  /// Runs the next event if it is not later than `limit`. False if there is none, or if it has stopped.
  bool step(Instant limit);

  /// Moves an idle clock. Requires that no event is pending before `at`.
  void advance_to(Instant at);

  /// Folds something into the run's hash that the event itself does not carry, such as the bytes of a message.
  void note(std::uint64_t word) noexcept { hash_ = fold(hash_, word); }

  Instant now() const noexcept { return now_; }
  /// Of the next event; end_of_time: none.
  Instant next_at() const noexcept { return heap_.empty() ? end_of_time : heap_.front().at; }
  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t events(EventKind kind) const noexcept { return counts_[static_cast<std::size_t>(kind)]; }
  std::size_t pending() const noexcept { return heap_.size(); }

  /// Back to the beginning of time, keeping memory and handlers.
  void reset();

  /// Drops pending events for which `dead(event)` holds; the order of the others is not affected.
  template <class Predicate>
  void purge(Predicate dead);

 private:
  struct Target {
    Handler handler = nullptr;
    void* context = nullptr;
  };

  static bool before(const Event& left, const Event& right) noexcept {
    return left.at != right.at ? left.at < right.at : left.sequence < right.sequence;
  }
  Event take_first();
  Event take_chosen();
  void sift_down(std::size_t hole, const Event& event);
  void rebuild();

  std::vector<Event> heap_;  // binary, smallest first
  Instant now_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
  std::array<std::uint64_t, event_kinds> counts_{};
  std::array<Target, event_kinds> targets_{};
  Chooser* chooser_ = nullptr;
  bool stopped_ = false;
  std::vector<Step>* steps_ = nullptr;
  std::vector<Event> simultaneous_;
};

template <class Predicate>
void Scheduler::purge(Predicate dead) {
  std::erase_if(heap_, dead);
  rebuild();
}

}  // namespace trackside::sim
