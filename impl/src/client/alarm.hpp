// One re-armable timer. Rings at or before the time it was set to last: an alarm that is put off is not re-armed, it
// rings early once and its owner, who looks at the clock anyway, sets it again. So a deadline that moves with every
// command costs nothing.
#pragma once

#include "trackside/runtime.hpp"

namespace trackside::client {

class Alarm {
 public:
  Alarm(Runtime& runtime, Task task) : runtime_(runtime), task_(task) {}
  ~Alarm() { clear(); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(Time at) {
    // One that is due already rings soon: armed again it might be late a second time.
    if (at == never || at >= at_ || at_ <= runtime_.now()) {
      return;
    }
    runtime_.cancel(timer_);
    at_ = at;
    timer_ = runtime_.call_at(at, {[](void* self, std::uint64_t) { static_cast<Alarm*>(self)->ring(); }, this, 0});
  }

  void clear() {
    runtime_.cancel(timer_);
    timer_ = TimerId::none;
    at_ = never;
  }

 private:
  void ring() {
    timer_ = TimerId::none;
    at_ = never;
    task_();
  }

  Runtime& runtime_;
  Task task_;
  TimerId timer_ = TimerId::none;
  Time at_ = never;
};

}  // namespace trackside::client
