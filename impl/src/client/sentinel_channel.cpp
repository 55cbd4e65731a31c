#include "client/sentinel_channel.hpp"

#include <utility>

namespace trackside::client {

SentinelChannel::SentinelChannel(Parts parts, Endpoint endpoint, Origin origin, Duration max_idle)
    : KeptConnection(parts.runtime, parts.options, endpoint_, sentinel::SentinelLink{parts.options, max_idle}),
      events_(parts.events),
      endpoint_(std::move(endpoint)),
      origin_(origin) {}

void SentinelChannel::ask() {
  if (is_up()) {
    link().ask(now());
    flush();
    tick_at(link().deadline());
  }
}

void SentinelChannel::take(sentinel::SentinelEvent& event) {
  if (event.kind == sentinel::SentinelEvent::Kind::up && id() != last_id_) {
    former_id_ = std::exchange(last_id_, id());
  }
  flush();  // a question that stands for another one's answer leaves first
  events_.on_sentinel(*this, event);
}

}  // namespace trackside::client
