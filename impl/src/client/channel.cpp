#include "client/channel.hpp"

#include "trackside/error.hpp"

namespace trackside::client {

Channel::Channel(Parts parts, link::LinkTraits traits)
    : parts_(parts),
      link_(parts.options, std::move(traits)),
      backoff_(parts.options.backoff),
      tick_alarm_(parts.runtime, {[](void* self, std::uint64_t) { static_cast<Channel*>(self)->tick(); }, this, 0}),
      connect_alarm_(parts.runtime,
                     {[](void* self, std::uint64_t) { static_cast<Channel*>(self)->connect(); }, this, 0}) {}

void Channel::connect() {
  stopped_ = false;
  link_.begin(parts_.runtime.now());
  connection_ = parts_.runtime.connect(parts_.options.endpoint, *this);
  tick_alarm_.set(link_.deadline());
}

void Channel::on_open() {
  link_.opened(parts_.runtime.now());
  flush();
}

void Channel::on_bytes(Bytes bytes) {
  link_.received(parts_.runtime.now(), bytes);
  pump();
}

void Channel::on_close(error_code) {
  // An orderly end is a loss too: nobody will tell us what changes from here on.
  const bool was_up = link_.is_up();
  lose(make_error_code(was_up ? Errc::connection_lost : Errc::connect_failed));
}

void Channel::pump() {
  link::LinkEvent event;
  while (connection_ != nullptr && link_.next(event)) {
    if (event.kind == link::LinkEvent::Kind::failed) {
      lose(event.error);
      return;
    }
    if (event.kind == link::LinkEvent::Kind::up) {
      backoff_.succeeded();
      error_ = {};
    } else if (event.kind == link::LinkEvent::Kind::vouched) {
      has_vouched = true;
      vouched_anchor = event.anchor;
      vouched_server_time = event.server_time.value_or(0);
    }
    parts_.events.on_event(*this, event);
  }
  parts_.events.on_pause(*this);
  flush();
  tick_alarm_.set(link_.deadline());
}

void Channel::tick() {
  link_.set_foreign(parts_.events.foreign_connections(*this));
  link_.tick(parts_.runtime.now());
  pump();
}

void Channel::expect_duty(link::Probe::Duty duty) {
  link_.expect_duty(duty);
  tick_alarm_.set(link_.is_up() ? parts_.runtime.now() : never);
}

void Channel::flush() {
  std::string& out = link_.outgoing();
  if (!out.empty() && connection_ != nullptr) {
    connection_->write(out);
    out.clear();
  }
}

void Channel::lose(error_code reason) {
  error_ = reason;
  connection_.reset();
  link_.end();
  // First: whoever is told may submit again, and finds everything in order.
  if (!stopped_) {
    connect_alarm_.set(parts_.runtime.now() + backoff_.next(parts_.runtime.entropy()));
  }
  parts_.events.on_lost(*this, reason);
}

void Channel::restart(error_code reason) {
  if (connection_ != nullptr) {
    lose(reason);
  }
  backoff_.succeeded();
  if (!stopped_) {
    connect_alarm_.set(parts_.runtime.now());
  }
}

void Channel::stop(error_code reason) {
  stopped_ = true;
  connect_alarm_.clear();
  tick_alarm_.clear();
  lose(reason);
}

}  // namespace trackside::client
