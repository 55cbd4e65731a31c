#include "client/channel.hpp"

#include <utility>

namespace trackside::client {

Channel::Channel(Parts parts, link::LinkTraits traits)
    : KeptConnection(parts.runtime, parts.options, parts.options.endpoint,
                     link::Link{parts.options, std::move(traits)}),
      events_(parts.events) {}

void Channel::take(link::LinkEvent& event) {
  if (event.kind == link::LinkEvent::Kind::vouched) {
    has_vouched = true;
    vouched_anchor = event.anchor;
    vouched_server_time = event.server_time.value_or(0);
  }
  events_.on_event(*this, event);
}

void Channel::rest() { events_.on_pause(*this); }

void Channel::before_tick() { link().set_foreign(events_.foreign_connections(*this)); }

void Channel::lost(error_code reason) { events_.on_lost(*this, reason); }

void Channel::expect_duty(link::Probe::Duty duty) {
  link().expect_duty(duty);
  tick_at(is_up() ? now() : never);
}

}  // namespace trackside::client
