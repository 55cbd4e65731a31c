// See empty_heap.hpp.
#include "sim/bench/empty_heap.hpp"

#include "sim/kernel/scheduler.hpp"

namespace trackside::sim::bench {

std::uint64_t empty_heap(std::uint64_t events, std::size_t pending) {
  Scheduler scheduler;
  scheduler.handle(
      EventKind::serve,
      [](void* self, const Event& event) {
        auto& mine = *static_cast<Scheduler*>(self);
        const auto gap = static_cast<Instant>(mix(event.argument) & 0xfffff);
        mine.post(event.at + gap, EventKind::serve, event.entity, event.argument + 1);
      },
      &scheduler);
  for (std::uint32_t entity = 0; entity < pending; ++entity) {
    scheduler.post(static_cast<Instant>(mix(entity) & 0xfffff), EventKind::serve, entity,
                   std::uint64_t{entity} << 32);
  }
  for (std::uint64_t done = 0; done < events; ++done) {
    scheduler.step(end_of_time);
  }
  return scheduler.hash();
}

}  // namespace trackside::sim::bench
