// Plays a script and judges what was seen. See seam_contract.hpp.
#include "properties/impl/seam_contract.hpp"

#include <deque>
#include <memory>
#include <ostream>
#include <utility>

namespace trackside::testing {

namespace {

using Kind = SeamStep::Kind;
using Where = SeamStep::Where;
using End = SeamFixture::End;

// Everything that is written down of one run. It outlives the connection, so that an event after its end is seen.
class Trial final : public ConnectionEvents {
 public:
  explicit Trial(SeamFixture& fixture) : fixture_(fixture) {}

  std::vector<std::string> play(const SeamScript& script);

  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;

 private:
  struct Timer {
    Trial* trial;
    Time when;
    TimerId id = TimerId::none;
    bool is_cancelled = false;
    int runs = 0;
  };

  void take(const SeamStep& step);
  void act(const SeamStep& step);
  void act_in_event();
  void start_timer(std::uint32_t milliseconds);
  void cancel_timer(std::uint32_t which);
  void timer_ran(Timer& timer);
  void event(const char* name);
  void judge(const SeamScript& script);
  void judge_peer();
  void check(bool holds, std::string breach) {
    if (!holds) breaches_.push_back(std::move(breach));
  }

  // Marks the time spent inside the seam, in which nothing may be delivered.
  template <class Function>
  void call(Function function) {
    ++calls_;
    function();
    --calls_;
  }

  SeamFixture& fixture_;
  std::unique_ptr<Connection> connection_;
  std::deque<SeamStep> in_event_;
  std::deque<Timer> timers_;
  std::vector<std::string> breaches_;

  int calls_ = 0;
  int opens_ = 0;
  int closes_ = 0;
  error_code reason_;
  bool is_destroyed_ = false;
  bool owner_closed_ = false;
  bool owner_was_abrupt_ = false;
  bool peer_closed_ = false;
  bool peer_was_abrupt_ = false;
  std::size_t written_ = 0;
  std::size_t arrived_ = 0;
  std::size_t peer_sent_ = 0;
};

std::vector<std::string> Trial::play(const SeamScript& script) {
  const bool listens = script.target == SeamScript::Target::listening;
  call([&] {
    connection_ = fixture_.runtime().connect(listens ? fixture_.listening() : fixture_.refusing(), *this);
  });
  for (const SeamStep& step : script.steps) take(step);
  fixture_.settle();
  fixture_.run_for(std::chrono::milliseconds{6});  // longer than any timer of a script
  fixture_.settle();
  judge(script);
  in_event_.clear();
  call([&] { connection_.reset(); });
  for (Timer& timer : timers_) call([&] { fixture_.runtime().cancel(timer.id); });
  is_destroyed_ = true;
  fixture_.settle();
  return std::move(breaches_);
}

void Trial::take(const SeamStep& step) {
  if (step.where == Where::in_event) return in_event_.push_back(step);
  act(step);
}

void Trial::act(const SeamStep& step) {
  const bool is_open = connection_ && opens_ > 0 && closes_ == 0 && !owner_closed_;
  switch (step.kind) {
    case Kind::turn: return fixture_.turn();
    case Kind::settle: return fixture_.settle();
    case Kind::write:
      if (!connection_) return;
      call([&] { connection_->write(seam_stream(is_open ? written_ : 0, step.amount)); });
      if (is_open) written_ += step.amount;
      return;
    case Kind::close_orderly:
    case Kind::close_abortive:
      if (!connection_) return;
      call([&] {
        connection_->close(step.kind == Kind::close_orderly ? CloseMode::orderly : CloseMode::abortive);
      });
      if (closes_ > 0) return;
      owner_closed_ = true;
      owner_was_abrupt_ |= step.kind == Kind::close_abortive;
      return;
    case Kind::destroy:
      if (!connection_) return;
      call([&] { connection_.reset(); });
      is_destroyed_ = true;
      owner_was_abrupt_ |= closes_ == 0;
      return;
    case Kind::start_timer: return start_timer(step.amount);
    case Kind::cancel_timer: return cancel_timer(step.amount);
    case Kind::peer_send:
      if (fixture_.peer_send(seam_stream(peer_sent_, step.amount))) peer_sent_ += step.amount;
      return;
    case Kind::peer_close: peer_closed_ |= fixture_.peer_close(); return;
    case Kind::peer_reset: peer_was_abrupt_ |= fixture_.peer_reset(); return;
  }
}

void Trial::act_in_event() {
  if (in_event_.empty()) return;
  const SeamStep step = in_event_.front();
  in_event_.pop_front();
  act(step);
}

void Trial::start_timer(std::uint32_t milliseconds) {
  const Time when = fixture_.runtime().now() + std::chrono::milliseconds{milliseconds} - std::chrono::milliseconds{1};
  Timer& timer = timers_.emplace_back(Timer{this, when});
  const auto run = [](void* context, std::uint64_t) {
    auto& mine = *static_cast<Timer*>(context);
    mine.trial->timer_ran(mine);
  };
  call([&] { timer.id = fixture_.runtime().call_at(when, Task{run, &timer, 0}); });
  check(timer.id != TimerId::none, "call_at named a task none");
}

void Trial::cancel_timer(std::uint32_t which) {
  if (timers_.empty()) return;
  Timer& timer = timers_[which % timers_.size()];
  call([&] { fixture_.runtime().cancel(timer.id); });
  timer.is_cancelled = true;
}

void Trial::timer_ran(Timer& timer) {
  check(calls_ == 0, "a task ran inside a call");
  check(!timer.is_cancelled || timer.runs > 0, "a cancelled task ran");
  check(++timer.runs == 1, "a task ran twice");
  check(fixture_.runtime().now() >= timer.when, "a task ran early");
  act_in_event();
}

void Trial::event(const char* name) {
  check(calls_ == 0, std::string{name} + " inside a call");
  check(!is_destroyed_, std::string{name} + " after the connection was destroyed");
  check(closes_ == 0, std::string{name} + " after on_close");
}

void Trial::on_open() {
  event("on_open");
  check(++opens_ == 1, "on_open twice");
  act_in_event();
}

void Trial::on_bytes(Bytes bytes) {
  event("on_bytes");
  check(opens_ == 1, "on_bytes before on_open");
  check(!bytes.empty(), "on_bytes without bytes");
  check(bytes == seam_stream(arrived_, bytes.size()), "bytes came out of order, twice, or changed");
  arrived_ += bytes.size();
  check(arrived_ <= peer_sent_, "more bytes came than were sent");
  act_in_event();
}

void Trial::on_close(error_code reason) {
  event("on_close");
  ++closes_;
  reason_ = reason;
  check(!owner_closed_ || !reason, "on_close with an error after close()");
  act_in_event();
}

void Trial::judge(const SeamScript& script) {
  const bool refused = script.target == SeamScript::Target::refusing;
  const bool somebody_ended = refused || owner_closed_ || peer_closed_ || peer_was_abrupt_;
  if (!is_destroyed_) {
    check(closes_ == (somebody_ended ? 1 : 0), "on_close came " + std::to_string(closes_) + " times");
    check(refused || owner_closed_ || peer_was_abrupt_ || opens_ == 1, "on_open never came");
  }
  check(!refused || opens_ == 0, "on_open of a refused connection");
  if (closes_ > 0 && !owner_closed_) {
    check(!refused || reason_, "a refused connection closed without a reason");
    check(!peer_was_abrupt_ || peer_closed_ || reason_, "a reset connection closed without a reason");
    check(!peer_closed_ || peer_was_abrupt_ || !reason_, "an orderly end has a reason: " + reason_.message());
  }
  const bool nothing_lost = !is_destroyed_ && !owner_closed_ && !peer_was_abrupt_;
  check(!nothing_lost || arrived_ == peer_sent_, "bytes of the peer did not arrive");
  for (const Timer& timer : timers_) check(timer.is_cancelled || timer.runs == 1, "a task never ran");
  judge_peer();
}

void Trial::judge_peer() {
  const std::string received = fixture_.peer_received();
  check(received.size() <= written_ && received == seam_stream(0, received.size()),
        "the peer received something else than was written");
  if (opens_ == 0 || peer_closed_ || peer_was_abrupt_) return;
  check(owner_was_abrupt_ || received.size() == written_, "bytes written did not reach the peer");
  const End end = fixture_.peer_saw();
  if (owner_was_abrupt_) {
    check(end != End::nothing, "the peer saw no end of an abandoned connection");
  } else {
    check(end == (owner_closed_ ? End::orderly : End::nothing), "the peer saw another end than there was");
  }
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::turn: return "turn";
    case Kind::settle: return "settle";
    case Kind::write: return "write";
    case Kind::close_orderly: return "close_orderly";
    case Kind::close_abortive: return "close_abortive";
    case Kind::destroy: return "destroy";
    case Kind::start_timer: return "start_timer";
    case Kind::cancel_timer: return "cancel_timer";
    case Kind::peer_send: return "peer_send";
    case Kind::peer_close: return "peer_close";
    case Kind::peer_reset: return "peer_reset";
  }
  return "?";
}

bool is_of_the_owner(Kind kind) { return kind >= Kind::write && kind <= Kind::cancel_timer; }

rc::Gen<SeamStep> seam_steps() {
  const auto kinds = rc::gen::weightedElement<Kind>({{6, Kind::turn},
                                                     {4, Kind::settle},
                                                     {6, Kind::write},
                                                     {1, Kind::close_orderly},
                                                     {1, Kind::close_abortive},
                                                     {1, Kind::destroy},
                                                     {3, Kind::start_timer},
                                                     {2, Kind::cancel_timer},
                                                     {6, Kind::peer_send},
                                                     {1, Kind::peer_close},
                                                     {1, Kind::peer_reset}});
  return rc::gen::mapcat(kinds, [](Kind kind) {
    const bool is_large = kind == Kind::write || kind == Kind::peer_send;
    const auto amounts = is_large ? rc::gen::weightedOneOf<std::uint32_t>(
                                        {{4, rc::gen::inRange(1U, 100U)}, {1, rc::gen::inRange(1U, 300'000U)}})
                                  : rc::gen::inRange(0U, 5U);
    return rc::gen::map(rc::gen::pair(amounts, rc::gen::inRange(0, 3)), [kind](std::pair<std::uint32_t, int> drawn) {
      const bool in_event = is_of_the_owner(kind) && drawn.second == 0;
      return SeamStep{kind, in_event ? Where::in_event : Where::at_once, drawn.first};
    });
  });
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const SeamStep& step) {
  return out << (step.where == Where::in_event ? "in an event: " : "") << name_of(step.kind) << ' ' << step.amount;
}

std::ostream& operator<<(std::ostream& out, const SeamScript& script) {
  out << (script.target == SeamScript::Target::refusing ? "refused" : "accepted");
  for (const SeamStep& step : script.steps) out << "; " << step;
  return out;
}

rc::Gen<SeamScript> seam_scripts() {
  using Target = SeamScript::Target;
  const auto targets = rc::gen::weightedElement<Target>({{8, Target::listening}, {1, Target::refusing}});
  const auto steps = rc::gen::container<std::vector<SeamStep>>(seam_steps());
  return rc::gen::map(rc::gen::pair(targets, steps), [](std::pair<Target, std::vector<SeamStep>> drawn) {
    return SeamScript{drawn.first, std::move(drawn.second)};
  });
}

std::vector<std::string> breaches_of(SeamFixture& fixture, const SeamScript& script) {
  return Trial{fixture}.play(script);
}

std::string seam_stream(std::size_t from, std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t position = from + i;
    bytes[i] = static_cast<char>((position * 0x9e3779b97f4a7c15U) >> 56);
  }
  return bytes;
}

}  // namespace trackside::testing
