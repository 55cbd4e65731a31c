// The client's alarm: one timer, set earlier or left as it is, and never put off by being set.
#include "client/alarm.hpp"

#include <gtest/gtest.h>

namespace trackside::testing {
namespace {

constexpr Time begin{Duration{1'000}};

/// Its timers ring when the test says so: late, if it likes.
class PatientRuntime final : public Runtime {
 public:
  Time now() const override { return now_; }
  TimerId call_at(Time when, Task task) override {
    ++armed;
    due = when;
    task_ = task;
    return TimerId{1};
  }
  void cancel(TimerId) override { due = never; }
  std::uint64_t entropy() override { return 0; }
  std::unique_ptr<Connection> connect(const Endpoint&, ConnectionEvents&) override { return nullptr; }

  void advance(Duration span) { now_ += span; }
  void ring() {
    due = never;
    task_();
  }

  int armed = 0;
  Time due = never;

 private:
  Time now_ = begin;
  Task task_{};
};

class AlarmTest : public ::testing::Test {
 protected:
  static void rang(void* self, std::uint64_t) { ++static_cast<AlarmTest*>(self)->rings; }

  PatientRuntime runtime;
  int rings = 0;
  client::Alarm alarm{runtime, {&AlarmTest::rang, this, 0}};
};

TEST_F(AlarmTest, IsArmedAnewOnlyForSomethingEarlier) {
  alarm.set(begin + Duration{50});
  alarm.set(begin + Duration{80});
  EXPECT_EQ(runtime.armed, 1);
  alarm.set(begin + Duration{20});
  EXPECT_EQ(runtime.armed, 2);
  EXPECT_EQ(runtime.due, begin + Duration{20});
  runtime.advance(Duration{20});
  runtime.ring();
  EXPECT_EQ(rings, 1);
  alarm.set(begin + Duration{80});
  EXPECT_EQ(runtime.due, begin + Duration{80});
}

/// Timers may ring late. One that is armed again when it is due may be late twice, and a deadline would be missed.
TEST_F(AlarmTest, IsNotArmedAnewWhenItIsDue) {
  alarm.set(begin + Duration{10});
  runtime.advance(Duration{15});
  alarm.set(begin + Duration{5});
  EXPECT_EQ(runtime.armed, 1);
  EXPECT_EQ(runtime.due, begin + Duration{10});
}

}  // namespace
}  // namespace trackside::testing
