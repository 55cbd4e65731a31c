// AsioRuntime keeps the seam's contract on real sockets; what is particular to it beyond that; and its timer queue.
#include <time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "asio/timer_queue.hpp"
#include "properties/impl/asio_seam_fixture.hpp"
#include "properties/impl/seam_contract.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using Transport = AsioSeamFixture::Transport;
using Breaches = std::vector<std::string>;

RC_GTEST_PROP(AsioRuntime, KeepsTheContractOfTheSeamOverTcp, ()) {
  const SeamScript script = *seam_scripts();
  AsioSeamFixture fixture{Transport::tcp};
  RC_ASSERT(breaches_of(fixture, script) == Breaches{});
}

RC_GTEST_PROP(AsioRuntime, KeepsTheContractOfTheSeamOverUnixSockets, ()) {
  const SeamScript script = *seam_scripts();
  AsioSeamFixture fixture{Transport::unix_domain};
  RC_ASSERT(breaches_of(fixture, script) == Breaches{});
}

// Writes down the life of one connection.
struct Life final : ConnectionEvents {
  void on_open() override { opened = true; }
  void on_bytes(Bytes bytes) override { received += bytes; }
  void on_close(error_code why) override {
    closed = true;
    reason = why;
  }

  bool opened = false;
  bool closed = false;
  std::string received;
  error_code reason;
};

void run_until(AsioSeamFixture& fixture, const bool& flag) {
  for (int i = 0; i < 5000 && !flag; ++i) fixture.run_for(1ms);
}

TEST(AsioRuntime, TriesEveryAddressOfAName) {
  AsioSeamFixture fixture{Transport::tcp};  // on 127.0.0.1 only; the empty name is ::1 and then 127.0.0.1
  Life life;
  const auto connection = fixture.runtime().connect({.host = "", .port = fixture.listening().port}, life);
  run_until(fixture, life.opened);
  EXPECT_TRUE(life.opened);
  EXPECT_FALSE(life.closed);
}

TEST(AsioRuntime, SaysWhyANameCouldNotBeFound) {
  AsioSeamFixture fixture{Transport::tcp};
  Life life;
  const auto connection = fixture.runtime().connect({.host = std::string(300, 'a')}, life);
  EXPECT_FALSE(life.closed);
  run_until(fixture, life.closed);
  EXPECT_TRUE(life.closed);
  EXPECT_TRUE(life.reason);
}

TEST(AsioRuntime, RefusesASocketPathThatIsTooLong) {
  AsioSeamFixture fixture{Transport::unix_domain};
  Life life;
  const auto connection = fixture.runtime().connect({.unix_path = std::string(500, 'a')}, life);
  run_until(fixture, life.closed);
  EXPECT_EQ(life.reason, boost::system::errc::filename_too_long);
}

TEST(AsioRuntime, SendsABurstOfWritesAtOnce) {
  AsioSeamFixture fixture{Transport::tcp};
  Life life;
  const auto connection = fixture.runtime().connect(fixture.listening(), life);
  run_until(fixture, life.opened);
  for (int i = 0; i < 1000; ++i) connection->write("0123456789");
  fixture.settle();
  ASSERT_EQ(fixture.peer_received().size(), 10'000U);
  EXPECT_EQ(data_segments_received(fixture.peer_native_handle()), 1U);
}

TEST(AsioRuntime, DeliversWhatWasWrittenBeforeAnOrderlyCloseToASlowPeer) {
  AsioSeamFixture fixture{Transport::tcp};
  Life life;
  const auto connection = fixture.runtime().connect(fixture.listening(), life);
  run_until(fixture, life.opened);
  const std::string much = seam_stream(0, 20'000'000);
  connection->write(much);
  connection->close(CloseMode::orderly);
  run_until(fixture, life.closed);
  fixture.settle();
  EXPECT_EQ(fixture.peer_received(), much);
  EXPECT_EQ(fixture.peer_saw(), SeamFixture::End::orderly);
  EXPECT_FALSE(life.reason);
}

TEST(AsioRuntime, AnOrderlyCloseIsOrderlyWhileThePeerIsStillTalking) {
  AsioSeamFixture fixture{Transport::tcp};
  Life life;
  const auto connection = fixture.runtime().connect(fixture.listening(), life);
  run_until(fixture, life.opened);
  const std::string much = seam_stream(0, 3'000'000);
  fixture.peer_send(much);
  connection->write(much);
  connection->close(CloseMode::orderly);
  run_until(fixture, life.closed);
  fixture.settle();
  EXPECT_EQ(fixture.peer_received(), much);
  EXPECT_EQ(fixture.peer_saw(), SeamFixture::End::orderly);
  EXPECT_FALSE(life.reason);
}

TEST(AsioRuntime, AnAbortiveCloseResets) {
  AsioSeamFixture fixture{Transport::tcp};
  Life life;
  const auto connection = fixture.runtime().connect(fixture.listening(), life);
  run_until(fixture, life.opened);
  fixture.settle();
  connection->close(CloseMode::abortive);
  fixture.settle();
  EXPECT_EQ(fixture.peer_saw(), SeamFixture::End::reset);
  EXPECT_TRUE(life.closed);
}

void set_true(void* flag, std::uint64_t) { *static_cast<bool*>(flag) = true; }

TEST(AsioRuntime, LetsTheIoContextEndWhenNoTaskIsLeft) {
  boost::asio::io_context io;
  AsioRuntime runtime{io.get_executor()};
  const TimerId timer = runtime.call_at(runtime.now() + 1h, Task{[](void*, std::uint64_t) {}});
  runtime.cancel(timer);
  io.run();  // would last an hour
}

TEST(AsioRuntime, ForgetsItsTasksWhenItEnds) {
  boost::asio::io_context io;
  bool ran = false;
  {
    AsioRuntime runtime{io.get_executor()};
    runtime.call_at(runtime.now(), Task{set_true, &ran});
  }
  io.run();
  EXPECT_FALSE(ran);
}

TEST(AsioRuntime, ATaskThatAsksForItselfAtOnceDoesNotStarveOthers) {
  boost::asio::io_context io;
  AsioRuntime runtime{io.get_executor()};
  struct Eager {
    Runtime& runtime;
    int runs = 0;
    bool done = false;
    static void run(void* context, std::uint64_t) {
      auto& self = *static_cast<Eager*>(context);
      ++self.runs;
      if (!self.done) self.runtime.call_at(long_ago, Task{&Eager::run, context});
    }
  } eager{runtime};
  runtime.call_at(runtime.now(), Task{&Eager::run, &eager});
  runtime.call_at(runtime.now() + 2ms, Task{set_true, &eager.done});
  io.run_for(5s);
  EXPECT_TRUE(eager.done);
  EXPECT_GT(eager.runs, 1);
}

TEST(AsioRuntime, ReadsTheClockThatCountsSuspendedTime) {
  boost::asio::io_context io;
  const AsioRuntime runtime{io.get_executor()};
  timespec before{};
  ::clock_gettime(CLOCK_BOOTTIME, &before);
  Time now{};
  std::thread{[&] { now = runtime.now(); }}.join();
  const Duration since_boot = now.time_since_epoch();
  EXPECT_GE(since_boot, std::chrono::seconds{before.tv_sec} + std::chrono::nanoseconds{before.tv_nsec});
  EXPECT_LE(now, runtime.now());
}

TEST(AsioRuntime, ItsClockIsThereWhenItHasGone) {
  boost::asio::io_context io;
  auto runtime = std::make_unique<AsioRuntime>(io.get_executor());
  const Clock& clock = runtime->clock();
  const Time before = runtime->now();
  runtime.reset();
  EXPECT_LE(before, clock.now());
}

TEST(AsioRuntime, DrawsEntropyThatDiffersFromRuntimeToRuntime) {
  boost::asio::io_context io;
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 10; ++i) {
    AsioRuntime runtime{io.get_executor()};
    for (int j = 0; j < 100; ++j) drawn.insert(runtime.entropy());
  }
  EXPECT_EQ(drawn.size(), 1000U);
}

// The queue against the naive one: a sorted list of (when, order) with names.
RC_GTEST_PROP(TimerQueue, GivesTasksInTheOrderInWhichTheyAreDueAndNeverACancelledOne, ()) {
  asio::TimerQueue queue;
  std::map<std::pair<Time, std::uint64_t>, TimerId> model;
  std::vector<TimerId> known{TimerId::none};
  std::uint64_t order = 0;
  const int steps = *rc::gen::inRange(0, 200);
  for (int i = 0; i < steps; ++i) {
    const int kind = *rc::gen::inRange(0, 4);
    const int which = *rc::gen::inRange(0, 20);
    const Time when{Duration{which}};
    if (kind <= 1) {
      const TimerId id = queue.add(when, Task{nullptr, nullptr, order});
      RC_ASSERT(std::count(known.begin(), known.end(), id) == 0);
      known.push_back(id);
      model[{when, order++}] = id;
    } else if (kind == 2) {
      const TimerId id = known[static_cast<std::size_t>(which * 7) % known.size()];
      queue.cancel(id);
      std::erase_if(model, [&](const auto& entry) { return entry.second == id; });
    } else if (const auto task = queue.take(when)) {
      RC_ASSERT(!model.empty());
      RC_ASSERT(model.begin()->first.first <= when);
      RC_ASSERT(model.begin()->first.second == task->argument);
      model.erase(model.begin());
    } else {
      RC_ASSERT(model.empty() || model.begin()->first.first > when);
    }
    RC_ASSERT(queue.size() == model.size());
    RC_ASSERT(queue.earliest() == (model.empty() ? never : model.begin()->first.first));
  }
}

}  // namespace
}  // namespace trackside::testing
