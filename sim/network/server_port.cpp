// See server_port.hpp.
#include "sim/network/server_port.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "seam/mark.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/network/garbage.hpp"
#include "sim/network/push_filter.hpp"

namespace trackside::sim {
namespace {

using redis::SessionId;

constexpr std::uint64_t think_max = 200 * microsecond;
constexpr std::uint64_t company_max = 3;
constexpr Instant cron_tick = 100 * millisecond;

}  // namespace

ServerPort::ServerPort(Parts parts, ServerIndex index, redis::ServerConfig config, redis::ServerObserver* observer)
    : parts_(parts), index_(index), server_(config, observer), port_(config.port), password_(config.password) {}

std::string ServerPort::name() const { return index_ == first_server ? "server" : fmt::format("server {}", entity()); }

void ServerPort::settle() {
  note_refused();
  if (running()) {
    flush_all(std::max(parts_.scheduler.now(), busy_until_));
    arrange_timer();
  }
}

ServerPort::Socket& ServerPort::socket(StreamId stream) {
  const auto index = static_cast<std::size_t>(stream);
  if (index >= sockets_.size()) {
    sockets_.resize(index + 1);
  }
  return sockets_[index];
}

StreamId ServerPort::stream_of(SessionId session) const {
  const auto index = static_cast<std::size_t>(session);
  return index < stream_of_.size() ? stream_of_[index] : StreamId::none;
}

std::uint32_t ServerPort::host_of(SessionId session) const {
  const StreamId stream = stream_of(session);
  return stream == StreamId::none ? UINT32_MAX : parts_.network.host_of(stream);
}

void ServerPort::on_accept(StreamId stream) {
  socket(stream) = Socket{};
  attend(stream);
}

void ServerPort::on_arrival(StreamId stream) {
  attend(stream);
}

void ServerPort::attend(StreamId stream) {
  const bool idle = waiting_first_ == waiting_.size() && busy_until_ <= parts_.scheduler.now();
  if (idle && !frozen_) {
    process(stream);
    return;
  }
  if (frozen_) {
    parts_.effects.note(FaultKind::freeze_server);
  }
  if (!socket(stream).queued) {
    socket(stream).queued = true;
    waiting_.push_back(stream);
  }
  arrange_serving();
}

void ServerPort::arrange_serving() {
  if (!frozen_ && !serve_posted_ && waiting_first_ < waiting_.size()) {
    serve_posted_ = true;
    parts_.scheduler.post(busy_until_, EventKind::serve, entity(), 0);
  }
}

void ServerPort::on_serve() {
  serve_posted_ = false;
  serve();
}

void ServerPort::serve() {
  if (frozen_ || waiting_first_ == waiting_.size()) {
    return;
  }
  if (busy_until_ <= parts_.scheduler.now()) {
    const StreamId next = next_waiting();
    if (next != StreamId::none) {
      process(next);
    }
  }
  arrange_serving();
}

StreamId ServerPort::next_waiting() {
  const StreamId next = waiting_[waiting_first_++];
  if (waiting_first_ == waiting_.size()) {
    waiting_.clear();
    waiting_first_ = 0;
  }
  if (next != StreamId::none) {
    socket(next).queued = false;
  }
  return next;
}

/// One iteration of the event loop: this one, and some of those that wait behind it. What is broadcast leaves behind
/// the replies to all of them.
void ServerPort::process(StreamId stream) {
  const std::uint64_t entity = parts_.network.entity_of(stream);
  std::uint64_t batch = work(stream);
  // What has no content, such as an end, is named by its time, or all of a connection's would have one name.
  batch = batch != 0 ? batch : static_cast<std::uint64_t>(parts_.scheduler.now());
  const std::size_t waiting = waiting_.size() - waiting_first_;
  // Of one bound whatever waits: two batches of one name, alike and sent at one instant, are decided alike.
  std::uint64_t company =
      std::min<std::uint64_t>(waiting, parts_.decider.decide(site::company, entity, batch, company_max));
  TRACKSIDE_MARK_IF(several_batches_in_one_turn, company > 0);
  for (; company > 0; --company) {
    const StreamId next = next_waiting();
    if (next != StreamId::none) {
      work(next);
    }
  }
  server_.end_iteration(parts_.scheduler.now());
  busy_until_ = parts_.scheduler.now() + slowness_ +
                static_cast<Instant>(parts_.decider.decide(site::think, entity, batch, think_max));
  if (slowness_ > 0) {
    parts_.effects.note(FaultKind::slow_server);
  }
  for (std::uint64_t odd = server_.take_odd_answers_given(); odd > 0; --odd) {
    parts_.effects.note(FaultKind::odd_answers);
  }
  note_refused();
  flush_all(busy_until_);
  arrange_timer();
  turn_over();
}

std::uint64_t ServerPort::work(StreamId stream) {
  const Instant now = parts_.scheduler.now();
  if (socket(stream).session == SessionId::none) {
    const SessionId session =
        server_.open(now, fmt::format("10.0.0.{}:{}", parts_.network.host_of(stream),
                                      40'000 + parts_.network.connection_of(stream)));
    socket(stream).session = session;
    stream_of_.resize(std::max(stream_of_.size(), static_cast<std::size_t>(session) + 1), StreamId::none);
    stream_of_[static_cast<std::size_t>(session)] = stream;
  }
  const SessionId session = socket(stream).session;
  std::uint64_t batch = 0;
  while (true) {
    const Network::Received received = parts_.network.receive(stream);
    switch (received.kind) {
      case Network::Received::Kind::nothing:
        return batch;
      case Network::Received::Kind::bytes:
        if (parts_.trace.on()) {
          parts_.trace.add(
              now, name(),
              fmt::format("reads {} bytes from host {}", received.bytes.size(), parts_.network.host_of(stream)));
        }
        server_.feed_part(session, received.bytes, now);
        batch = fold(batch, received.name);
        if (parts_.network.reads_single_messages()) {
          return batch;  // the next one has an event of its own
        }
        break;
      case Network::Received::Kind::fin:
      case Network::Received::Kind::reset:
        server_.closed(session, now);
        forget(stream);
        parts_.network.finish(stream);
        return batch;
    }
  }
}

SessionId ServerPort::open_outside(std::string_view address) {
  const SessionId session = server_.open(parts_.scheduler.now(), address);
  settle();
  return session;
}

void ServerPort::feed_outside(SessionId session, std::string_view bytes) {
  server_.feed(session, bytes, parts_.scheduler.now());
  busy_until_ = parts_.scheduler.now() + slowness_;
  if (slowness_ > 0) {
    parts_.effects.note(FaultKind::slow_server);
  }
  settle();
  turn_over();
}

void ServerPort::close_outside(SessionId session) { server_.closed(session, parts_.scheduler.now()); }

void ServerPort::forget(StreamId stream) {
  stream_of_[static_cast<std::size_t>(socket(stream).session)] = StreamId::none;
  if (socket(stream).queued) {
    std::replace(waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_first_), waiting_.end(), stream,
                 StreamId::none);
  }
  socket(stream) = Socket{};
}

void ServerPort::flush_all(Instant departure) {
  dirty_.clear();
  server_.take_dirty(dirty_);
  for (const SessionId session : dirty_) {
    flush(session, departure);
  }
}

void ServerPort::flush(SessionId session, Instant departure) {
  const StreamId stream = stream_of(session);
  if (stream == StreamId::none) {
    if (outside_ != nullptr) {
      outside_->on_output(session);
    }
    return;
  }
  const auto end = [&](auto how) {
    server_.closed(session, parts_.scheduler.now());
    forget(stream);
    how();
  };
  if (server_.wants_abort(session)) {
    end([&] { parts_.network.abort(stream); });
    return;
  }
  std::string& output = server_.output(session);
  drop_pushes(stream, output);
  add_garbage(stream, output);
  const std::size_t length = std::min(output.size(), parts_.network.room(stream));
  parts_.network.send(stream, std::string_view(output).substr(0, length), departure);
  output.erase(0, length);
  Socket& from = socket(stream);
  from.examined = output.size();
  if (!output.empty()) {
    TRACKSIDE_MARK(output_waits_for_its_reader);
    parts_.network.await_room(stream);
  } else if (server_.wants_close(session)) {
    end([&] { parts_.network.shut(stream, departure); });
  }
}

void ServerPort::drop_pushes(StreamId stream, std::string& output) {
  const Socket& from = socket(stream);
  if (!parts_.network.conditions_on(stream).push_drop || from.examined >= output.size()) {
    return;
  }
  std::string frames;
  for (std::size_t dropped = drop_invalidations(output, from.examined, &frames); dropped > 0; --dropped) {
    parts_.effects.note(FaultKind::push_drop);
  }
  if (!frames.empty()) {
    parts_.network.tell_vanished(stream, frames);
  }
}

/// Between two frames of the server's: what begins with the rest of one is left alone.
void ServerPort::add_garbage(StreamId stream, std::string& output) {
  if (!parts_.network.conditions_on(stream).garbage || socket(stream).examined != 0 || output.empty()) {
    return;
  }
  const std::uint64_t content = fold(hash_bytes(output), static_cast<std::uint64_t>(parts_.scheduler.now()));
  const std::uint64_t which =
      parts_.decider.decide(site::garbage, parts_.network.entity_of(stream), content, garbage_kinds());
  if (which != 0) {
    output.insert(0, garbage_of(which - 1));
    parts_.effects.note(FaultKind::garbage);
  }
}

void ServerPort::on_room(StreamId stream) {
  const SessionId session = socket(stream).session;
  if (!frozen_ && session != SessionId::none) {
    flush(session, std::max(parts_.scheduler.now(), busy_until_));
    arrange_timer();
  } else {
    parts_.network.await_room(stream);
  }
}

void ServerPort::arrange_timer() {
  if (down_ || frozen_) {
    return;
  }
  const Instant next = server_.next_timer();
  if (next < timer_at_) {
    timer_at_ = next;
    parts_.scheduler.post(next, EventKind::server_timer, entity(), ++timer_request_);
  }
}

void ServerPort::on_timer(const Event& event) {
  if (event.argument != timer_request_ || frozen_ || down_) {
    return;
  }
  const Instant now = event.at;
  timer_at_ = end_of_time;
  if (expiry_lag_ > 0) {
    parts_.effects.note(FaultKind::late_expiry);
  }
  if (server_.next_timer() <= now) {
    server_.run_timers(now, expiry_lag_);
    flush_all(std::max(now, busy_until_));
    turn_over();
  }
  if (server_.next_timer() <= now) {  // work that the lag left for the next tick
    timer_at_ = (now / cron_tick + 1) * cron_tick;
    parts_.scheduler.post(timer_at_, EventKind::server_timer, entity(), ++timer_request_);
  } else {
    arrange_timer();
  }
}

}  // namespace trackside::sim
