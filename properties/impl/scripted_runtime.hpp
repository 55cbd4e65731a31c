// A runtime whose time, timers and connections the test holds in its hands. Nothing happens by itself: the test opens
// connections, lets bytes arrive, and moves the clock.
//
// It keeps the seam's contract (nothing is delivered from inside a call, nothing after the owner let go), and asserts
// that the client keeps its side: no bytes before a connection is open.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "trackside/runtime.hpp"

namespace trackside::testing {

/// The far end of one connection attempt.
class Peer {
 public:
  explicit Peer(ConnectionEvents& events) : events_(&events) {}

  void accept() {
    open_ = true;
    events_->on_open();
  }
  void say(std::string_view bytes) {
    ASSERT_TRUE(open_ && held_);
    events_->on_bytes(bytes);
  }
  void hang_up(error_code reason = {}) {
    ASSERT_TRUE(held_);
    open_ = false;
    events_->on_close(reason);
  }
  /// What the client wrote since the last call.
  std::string heard() { return std::move(heard_); }
  /// Whether the client still holds its end.
  bool held() const { return held_; }

 private:
  friend class ScriptedRuntime;
  ConnectionEvents* events_;
  std::string heard_;
  bool open_ = false;
  bool held_ = true;
};

class ScriptedRuntime final : public Runtime {
 public:
  Time now() const override { return now_; }

  TimerId call_at(Time when, Task task) override {
    timers_.push_back({TimerId{++last_timer_}, when, task});
    return timers_.back().id;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [timer](const Timer& pending) { return pending.id == timer; });
  }
  std::uint64_t entropy() override { return 0; }

  std::unique_ptr<Connection> connect(const Endpoint&, ConnectionEvents& events) override {
    peers_.push_back(std::make_shared<Peer>(events));
    return std::make_unique<End>(peers_.back());
  }

  /// Moves the clock and runs what falls due, in order; also what that makes due by then.
  void advance(Duration span) {
    const Time until = now_ + span;
    for (;;) {
      const Timer* first = nullptr;
      for (const Timer& timer : timers_) {
        if (timer.when <= until && (first == nullptr || timer.when < first->when)) {
          first = &timer;
        }
      }
      if (first == nullptr) {
        break;
      }
      const Timer due = *first;
      cancel(due.id);
      now_ = std::max(now_, due.when);
      due.task();
    }
    now_ = until;
  }
  void run_due() { advance(Duration{0}); }

  /// The n-th connection attempt.
  Peer& peer(std::size_t index) { return *peers_.at(index); }
  Peer& latest() { return *peers_.back(); }
  std::size_t attempts() const { return peers_.size(); }
  std::size_t timers() const { return timers_.size(); }

 private:
  struct Timer {
    TimerId id;
    Time when;
    Task task;
  };
  class End final : public Connection {
   public:
    explicit End(std::shared_ptr<Peer> peer) : peer_(std::move(peer)) {}
    ~End() override { peer_->held_ = false; }
    void write(Bytes bytes) override {
      EXPECT_TRUE(peer_->open_ || bytes.empty()) << "nothing is written before a connection is open";
      peer_->heard_ += bytes;
    }
    void close(CloseMode) override { peer_->open_ = false; }

   private:
    std::shared_ptr<Peer> peer_;
  };

  Time now_{Duration{1'000'000'000'000}};
  std::vector<Timer> timers_;
  std::uint64_t last_timer_ = 0;
  std::vector<std::shared_ptr<Peer>> peers_;
};

}  // namespace trackside::testing
