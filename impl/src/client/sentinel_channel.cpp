#include "client/sentinel_channel.hpp"

#include <utility>

#include "trackside/error.hpp"

namespace trackside::client {

SentinelChannel::SentinelChannel(Parts parts, Endpoint endpoint, Origin origin, Duration max_idle)
    : parts_(parts),
      endpoint_(std::move(endpoint)),
      origin_(origin),
      link_(parts.options, max_idle),
      backoff_(parts.options.backoff),
      tick_alarm_(parts.runtime, {[](void* self, std::uint64_t) {
                                    auto& channel = *static_cast<SentinelChannel*>(self);
                                    channel.link_.tick(channel.parts_.runtime.now());
                                    channel.pump();
                                  },
                                  this, 0}),
      connect_alarm_(parts.runtime,
                     {[](void* self, std::uint64_t) { static_cast<SentinelChannel*>(self)->connect(); }, this, 0}) {}

void SentinelChannel::connect() {
  link_.begin(parts_.runtime.now());
  connection_ = parts_.runtime.connect(endpoint_, *this);
  tick_alarm_.set(link_.deadline());
}

void SentinelChannel::stop() {
  stopped_ = true;
  connect_alarm_.clear();
  tick_alarm_.clear();
  lose(make_error_code(Errc::shut_down));
}

void SentinelChannel::ask() {
  if (link_.is_up()) {
    link_.ask(parts_.runtime.now());
    flush();
    tick_alarm_.set(link_.deadline());
  }
}

void SentinelChannel::on_open() {
  link_.opened(parts_.runtime.now());
  flush();
}

void SentinelChannel::on_bytes(Bytes bytes) {
  link_.received(parts_.runtime.now(), bytes);
  pump();
}

void SentinelChannel::on_close(error_code) {
  lose(make_error_code(link_.is_up() ? Errc::connection_lost : Errc::connect_failed));
}

void SentinelChannel::pump() {
  sentinel::SentinelEvent event;
  while (connection_ != nullptr && link_.next(event)) {
    if (event.kind == sentinel::SentinelEvent::Kind::failed) {
      lose(event.error);
      return;
    }
    if (event.kind == sentinel::SentinelEvent::Kind::up) {
      backoff_.succeeded();
      error_ = {};
    }
    flush();  // a question that stands for another one's answer leaves first
    parts_.events.on_sentinel(*this, event);
  }
  flush();
  tick_alarm_.set(link_.deadline());
}

void SentinelChannel::flush() {
  std::string& out = link_.outgoing();
  if (!out.empty() && connection_ != nullptr) {
    connection_->write(out);
    out.clear();
  }
}

void SentinelChannel::lose(error_code reason) {
  error_ = reason;
  connection_.reset();
  link_.end();
  if (!stopped_) {
    connect_alarm_.set(parts_.runtime.now() + backoff_.next(parts_.runtime.entropy()));
  }
}

}  // namespace trackside::client
