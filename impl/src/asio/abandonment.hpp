// Tells clients that the io_context they run on is being destroyed, as Asio tells its own objects: by a service.
//
// A coroutine that owns a client and waits for one of its replies is owned by its completion handler, the handler by
// the client, and the client by the coroutine. If the io_context ends before the reply, somebody has to break that
// ring.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <boost/asio/execution_context.hpp>

namespace trackside::asio {

class Abandonment final : public boost::asio::execution_context::service {
 public:
  using key_type = Abandonment;

  explicit Abandonment(boost::asio::execution_context& context);

  /// What is told: `abandon(object)`, unless the object is gone by then.
  struct Listener {
    std::weak_ptr<void> object;
    void (*abandon)(void* object);
  };
  void add(Listener listener);

 private:
  void shutdown() override;

  std::mutex mutex_;
  std::vector<Listener> listeners_;
};

}  // namespace trackside::asio
