// The order of what happens at one instant, decided event by event, and the name of the state in which each decision
// is made: what it takes to try every order of a small scope without trying any state twice.
//
// A process is deterministic, so its state follows from what it has met so far. The state of the world is named by a
// hash of that, process by process: two orders which differ only in what processes could not notice lead to the same
// state (the happens-before classes of Mazurkiewicz; merged as in Musuvathi and Qadeer, 2007). What an event does to
// several processes is counted for each of them. Only worlds with one node are named finely enough to merge much.
// Orders are decided at the instants at which an operation or the beginning of a fault is due; at others in one order.
// Neighbour: kernel/strategy_orders.cpp makes everything happen at one instant.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/timers.hpp"
#include "sim/network/network.hpp"
#include "sim/scenario.hpp"

namespace trackside::sim {

/// Is told of every choice before it is made.
class OrdersObserver {
 public:
  /// `options` events could go on in this state; one, where all that had a choice at an instant is done. False: the
  /// world is to stop.
  virtual bool on_choice(std::uint64_t state, std::uint32_t options) = 0;

 protected:
  ~OrdersObserver() = default;
};

class Orders final : public Chooser {
 public:
  struct Parts {
    const Scenario& scenario;
    const Scheduler& scheduler;
    const Timers& timers;
    Decider& decider;
    Network& network;
  };

  /// `observer` may be null.
  Orders(Parts parts, OrdersObserver* observer);

  std::size_t choose(std::span<const Event> events) override;

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;

  /// What an event does, and whom it touches: one process, two, or all.
  struct Step {
    std::uint64_t name = 0;
    std::uint32_t process = nobody;
    std::uint32_t other = nobody;
    bool touches_all = false;
    bool is_dead = false;
  };
  struct Option {
    Step step;
    std::size_t position;
  };
  Step step_of(const Event& event) const;
  Step step_of_fault(std::uint64_t name, const Fault& fault) const;
  std::uint32_t process_of_host(std::uint32_t host) const;
  std::uint32_t process_of_server(std::uint32_t server) const { return first_server_ + server; }
  void take(const Step& step);
  std::uint64_t state() const;

  Parts parts_;
  OrdersObserver* observer_;
  std::vector<Instant> moments_;  // at which orders are decided; sorted
  std::uint32_t first_server_;
  std::vector<std::uint64_t> met_;  // by process: hosts by their number, or that of the store they share; then servers
  std::uint64_t choices_ = 0;
  std::vector<Option> options_;  // of the choice under way
  Instant chosen_at_ = -1;  // the last instant with a choice, if that is not over
};

}  // namespace trackside::sim
