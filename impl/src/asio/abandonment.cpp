// See abandonment.hpp. Listeners that are gone are swept whenever one comes, so their number stays that of the living.
#include "asio/abandonment.hpp"

#include <utility>

namespace trackside::asio {

Abandonment::Abandonment(boost::asio::execution_context& context) : boost::asio::execution_context::service(context) {}

void Abandonment::add(Listener listener) {
  const std::lock_guard lock{mutex_};
  std::erase_if(listeners_, [](const Listener& known) { return known.object.expired(); });
  listeners_.push_back(std::move(listener));
}

void Abandonment::shutdown() {
  for (const Listener& listener : std::exchange(listeners_, {})) {
    if (const std::shared_ptr<void> object = listener.object.lock()) listener.abandon(object.get());
  }
}

}  // namespace trackside::asio
