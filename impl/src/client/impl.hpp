// The client's state and its four parts: submitting (submit.cpp), what the link says (events.cpp), the connection's
// life (connection.cpp), and commands that block (blocking_call.hpp).
//
// Order is everything here. Events of the link are handled one by one in stream order, so an invalidation acts on the
// cache before the next reply is kept or delivered; a write fences before its caller is told; callers are told last,
// when the client is consistent, since they may submit at once.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "client/alarm.hpp"
#include "client/callers.hpp"
#include "client/exchange.hpp"
#include "link/backoff.hpp"
#include "link/link.hpp"
#include "trackside/client_core.hpp"

namespace trackside {

namespace client {
class BlockingCall;
}

class ClientCore::Impl final : public ConnectionEvents {
 public:
  Impl(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start();
  void stop();
  bool cached(const Command& command, Reply& out);
  OperationId submit(Command command, Completion completion, const Reply* doubted);
  OperationId submit_transaction(std::vector<Command> commands, Completion completion);
  void cancel(OperationId operation);
  bool healthy() const;
  Counters counters() const;
  error_code link_error() const { return link_error_; }

  // For BlockingCall, which is a part of this class in a file of its own.
  Runtime& runtime() { return runtime_; }
  const ClientOptions& options() const { return options_; }
  AbstractCache* cache() { return cache_.get(); }
  void blocking_ended(client::BlockingCall& call, std::uint32_t caller, const Outcome& outcome);

 private:
  using Exchange = client::Exchange;

  // submit.cpp
  OperationId fail_later(Completion completion, Errc code);
  OperationId fail_later(Completion completion, error_code error);
  bool is_full() const;
  std::uint32_t join(const Command& command, std::uint64_t hash);
  OperationId launch(std::uint32_t exchange, Completion completion);
  OperationId launch_blocking(Command command, const client::Classified& classified, Completion completion);
  std::uint32_t add_caller(Completion completion, std::uint32_t exchange);
  void detach(std::uint32_t caller);
  void drop_abandoned();
  void send(std::uint32_t exchange);
  void fence_at_sending(Exchange& exchange);
  void deliver_failures();
  void drain_failures();

  // events.cpp
  void pump();
  void on_link_up();
  void on_vouched(const link::LinkEvent& event);
  void on_invalidate(ReplyView keys);
  void on_reply(const link::LinkEvent& event);
  void finish_fetch(Exchange& exchange, ReplyView expiry);
  bool fields_may_expire(const Exchange& exchange) const;
  ServerTime expiry_of(const Exchange& exchange, ReplyView expiry, bool& keepable) const;
  void finish(std::uint32_t exchange, const Outcome& outcome);
  void fence_at_end(Exchange& exchange);
  void fence_keys(const Exchange& exchange);
  void pass_barrier(std::uint64_t tag);
  void forget_fetch(std::uint32_t exchange);
  void release(std::uint32_t exchange);

  // connection.cpp
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;
  void connect();
  void lose(error_code reason);
  void fail_everything(error_code reason, Exchange::State state);
  void flush();
  void arm();
  void tick();
  void expire_callers();
  error_code reason_not_sent() const;
  static void run_tick(void* self, std::uint64_t);
  static void run_expiry(void* self, std::uint64_t);
  static void run_connect(void* self, std::uint64_t);
  static void run_failures(void* self, std::uint64_t);

  struct Failure {
    std::uint32_t caller;
    std::uint32_t generation;
    error_code error;
  };
  struct Barrier {
    std::uint64_t tag;
    Time asked_at;
  };
  enum class State : std::uint8_t { stopped, running };

  Runtime& runtime_;
  const ClientOptions options_;
  const std::shared_ptr<AbstractCache> cache_;
  State state_ = State::stopped;
  bool final_ = false;  // stop() was called: there is no way back
  link::Link link_;
  std::unique_ptr<Connection> connection_;
  link::Backoff backoff_;
  client::Alarm tick_alarm_;
  client::Alarm caller_alarm_;
  client::Alarm connect_alarm_;
  client::Alarm failure_alarm_;
  error_code link_error_;
  std::atomic<bool> link_up_{false};
  std::atomic<std::uint64_t> sampling_;  // state of the draw that confidence asks for, from any thread

  client::Callers callers_;
  client::Exchanges exchanges_;
  std::deque<std::uint32_t> waiting_;  // exchanges for the next link, in order
  std::size_t pending_bytes_ = 0;  // of all exchanges
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> open_fetches_;  // by hash of the command; never iterated
  std::vector<Failure> failures_;
  std::vector<Barrier> barriers_;
  std::uint64_t last_barrier_ = 0;
  std::vector<std::unique_ptr<client::BlockingCall>> blocking_;
  std::vector<std::unique_ptr<client::BlockingCall>> ended_blocking_;  // freed outside of their own events
  Time vouched_anchor_{};
  ServerTime vouched_server_time_ = 0;
  std::uint64_t links_ = 0;
  std::uint64_t revoked_ = 0;
};

}  // namespace trackside
