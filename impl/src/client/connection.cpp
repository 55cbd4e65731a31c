// The connection's life: connecting, losing, waiting, connecting again; and everything the clock does.
#include "seam/assertion.hpp"

#include <algorithm>

#include "client/blocking_call.hpp"
#include "client/impl.hpp"

namespace trackside {

using client::nobody;

namespace {

constexpr Duration shortest = std::chrono::milliseconds{1};
constexpr Duration longest = std::chrono::hours{24 * 365};

/// Times that cannot overflow, nor make a loop of what should wait.
ClientOptions sane(ClientOptions options) {
  const auto clamp = [](Duration& duration) { duration = std::clamp(duration, shortest, longest); };
  clamp(options.command_timeout);
  clamp(options.connect_timeout);
  clamp(options.backoff.first);
  clamp(options.backoff.cap);
  return options;
}

link::LinkTraits traits_of(const AbstractCache* cache) {
  constexpr Duration without_cache = std::chrono::seconds{5};
  return {.tracking = cache == nullptr ? link::Tracking::off : link::Tracking::on,
          .probing = link::LinkTraits::Probing::on,
          .max_idle = cache == nullptr ? without_cache : std::clamp(cache->max_idle(), shortest, longest)};
}

/// Refusals that another attempt will most likely meet again: who waits is told at once.
bool is_refusal(error_code error) {
  return error == Errc::not_redis || error == Errc::resp3_unsupported || error == Errc::authentication_failed ||
         error == Errc::tracking_refused || error == Errc::handshake_refused || error == Errc::wrong_role ||
         error == Errc::cluster_unsupported || error == Errc::protocol_error;
}

std::string server_name(const Endpoint& endpoint) {
  return endpoint.unix_path.empty() ? endpoint.host + ':' + std::to_string(endpoint.port) : endpoint.unix_path;
}

}  // namespace

ClientCore::Impl::Impl(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : runtime_(runtime),
      options_(sane(std::move(options))),
      cache_(std::move(cache)),
      link_(options_, traits_of(cache_.get())),
      backoff_(options_.backoff),
      tick_alarm_(runtime, {&run_tick, this, 0}),
      caller_alarm_(runtime, {&run_expiry, this, 0}),
      connect_alarm_(runtime, {&run_connect, this, 0}),
      failure_alarm_(runtime, {&run_failures, this, 0}),
      sampling_(runtime.entropy()) {
  if (cache_ != nullptr) {
    cache_->initialize(runtime, {.server = server_name(options_.endpoint),
                                 .database = options_.database,
                                 .user = options_.username});
  }
}

ClientCore::Impl::~Impl() {
  drain_failures();
  TRACKSIDE_ASSERT(failures_.empty());  // a completion that submits again whenever it is told shut_down has no end
}

/// A completion may submit once more, only to be told the same; but not for ever.
void ClientCore::Impl::drain_failures() {
  constexpr int rounds_max = 1000;
  for (int round = 0; round < rounds_max && !failures_.empty(); ++round) {
    deliver_failures();
  }
}

void ClientCore::Impl::start() {
  TRACKSIDE_ASSERT(state_ == State::stopped && !final_);
  state_ = State::running;
  connect();
}

void ClientCore::Impl::stop() {
  if (final_) {
    return;
  }
  final_ = true;
  state_ = State::stopped;
  const error_code reason = make_error_code(Errc::shut_down);
  connect_alarm_.clear();
  tick_alarm_.clear();
  lose(reason);
  fail_everything(reason, Exchange::State::queued);
  while (!blocking_.empty()) {
    blocking_.back()->end(reason);
  }
  if (cache_ != nullptr) {
    cache_->shutdown();
  }
  drain_failures();
  caller_alarm_.clear();
}

bool ClientCore::Impl::healthy() const {
  return link_up_.load(std::memory_order_acquire) && (cache_ == nullptr || cache_->healthy());
}

ClientCore::Counters ClientCore::Impl::counters() const {
  return {.in_flight = callers_.size(), .open_fills = exchanges_.size(), .links = links_, .revoked = revoked_};
}

void ClientCore::Impl::connect() {
  link_.begin(runtime_.now());
  connection_ = runtime_.connect(options_.endpoint, *this);
  arm();
}

void ClientCore::Impl::on_open() {
  link_.opened(runtime_.now());
  flush();
}

void ClientCore::Impl::on_bytes(Bytes bytes) {
  link_.received(runtime_.now(), bytes);
  pump();
}

void ClientCore::Impl::on_close(error_code) {
  // An orderly end is a loss too: nobody will tell us what changes from here on.
  const bool was_up = link_.is_up();
  lose(make_error_code(was_up ? Errc::connection_lost : Errc::connect_failed));
}

/// The link is of no use any more: the cache forgets what it vouched for, everything sent ends, and after a pause
/// there is a new attempt.
void ClientCore::Impl::lose(error_code reason) {
  link_error_ = reason;
  if (cache_ != nullptr) {
    cache_->link_down();  // before anybody can see that the link is not healthy
  }
  link_up_.store(false, std::memory_order_release);
  connection_.reset();
  link_.end();
  for (; !barriers_.empty(); barriers_.pop_back()) {
    cache_->end_bypass();
  }
  // First: whoever is told may submit again, and finds everything in order.
  if (state_ == State::running) {
    connect_alarm_.set(runtime_.now() + backoff_.next(runtime_.entropy()));
  }
  fail_everything(reason, Exchange::State::sent);
  if (is_refusal(reason)) {
    fail_everything(reason, Exchange::State::queued);
  }
  if (reason != Errc::connect_failed && reason != Errc::connect_timeout) {
    // A call that blocks without end has no other sign that its server is gone. Whoever is told may start another
    // call, which comes last and is spared, or stop the client, which ends them all.
    const error_code told = reason == Errc::shut_down ? reason : make_error_code(Errc::connection_lost);
    for (std::size_t left = blocking_.size(); left > 0 && !blocking_.empty(); --left) {
      blocking_.front()->end(told);
    }
  }
}

void ClientCore::Impl::fail_everything(error_code reason, Exchange::State state) {
  if (state == Exchange::State::queued) {
    std::deque<std::uint32_t> waiting;
    waiting.swap(waiting_);
    for (const std::uint32_t index : waiting) {
      finish(index, {.error = reason});
    }
    return;
  }
  std::vector<std::uint32_t> sent;
  for (std::uint32_t index = 0; index < exchanges_.slot_count(); ++index) {
    if (exchanges_[index].state == Exchange::State::sent) {
      sent.push_back(index);
    }
  }
  for (const std::uint32_t index : sent) {
    if (exchanges_[index].state == Exchange::State::sent) {  // a completion before it may have stopped the client
      finish(index, {.error = reason});
    }
  }
}

void ClientCore::Impl::flush() {
  std::string& out = link_.outgoing();
  if (!out.empty() && connection_ != nullptr) {
    connection_->write(out);
    out.clear();
  }
}

void ClientCore::Impl::arm() { tick_alarm_.set(link_.deadline()); }

void ClientCore::Impl::tick() {
  link_.tick(runtime_.now());
  pump();
}

/// Why there is no link, for a command that was never sent: nothing that speaks of effects it may have had.
error_code ClientCore::Impl::reason_not_sent() const {
  const bool lost = !link_error_ || link_error_ == Errc::connection_lost || link_error_ == Errc::idle_breach;
  return lost ? make_error_code(Errc::connect_timeout) : link_error_;
}

void ClientCore::Impl::expire_callers() {
  const Time now = runtime_.now();
  while (callers_.first_due() != nobody && callers_[callers_.first_due()].deadline <= now) {
    const std::uint32_t caller = callers_.first_due();
    const std::uint32_t exchange = callers_[caller].exchange;
    const bool waited_for_link = exchange != nobody && exchanges_[exchange].state == Exchange::State::queued;
    detach(caller);
    const error_code why = waited_for_link ? reason_not_sent() : make_error_code(Errc::command_timeout);
    callers_.complete(caller, {.error = why});
  }
  if (callers_.first_due() != nobody) {
    caller_alarm_.set(callers_[callers_.first_due()].deadline);
  }
}

void ClientCore::Impl::blocking_ended(client::BlockingCall& call, std::uint32_t caller, const Outcome& outcome) {
  for (auto at = blocking_.begin(); at != blocking_.end(); ++at) {
    if (at->get() == &call) {
      ended_blocking_.push_back(std::move(*at));
      blocking_.erase(at);
      break;
    }
  }
  failure_alarm_.set(runtime_.now());
  callers_.complete(caller, outcome);
}

void ClientCore::Impl::run_tick(void* self, std::uint64_t) { static_cast<Impl*>(self)->tick(); }
void ClientCore::Impl::run_expiry(void* self, std::uint64_t) { static_cast<Impl*>(self)->expire_callers(); }
void ClientCore::Impl::run_connect(void* self, std::uint64_t) { static_cast<Impl*>(self)->connect(); }
void ClientCore::Impl::run_failures(void* self, std::uint64_t) {
  auto& impl = *static_cast<Impl*>(self);
  impl.ended_blocking_.clear();  // here and not in `stop`, which may be called from inside one of them
  impl.deliver_failures();
}

}  // namespace trackside
