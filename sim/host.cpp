// See host.hpp.
#include "sim/host.hpp"

#include "sim/kernel/sites.hpp"

namespace trackside::sim {

TimerId Host::call_at(Time when, Task task) {
  return parts_.timers.add(to_instant(when), Timers::Owner{index_, Timers::Punctuality::as_disturbed}, task);
}

void Host::cancel(TimerId timer) {
  parts_.timers.cancel(timer);
}

std::uint64_t Host::entropy() {
  return parts_.decider.decide(site::entropy, parts_.network.name_of(index_), entropy_calls_++, UINT64_MAX);
}

std::unique_ptr<Connection> Host::connect(const Endpoint& endpoint, ConnectionEvents& events) {
  return parts_.network.connect(index_, endpoint, events);
}

void Host::turn_at(Instant at, Task task) {
  parts_.timers.add(at, Timers::Owner{index_, Timers::Punctuality::exact}, task);
}

}  // namespace trackside::sim
