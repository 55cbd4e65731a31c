// The smallest program: reads one key twice; the second reply comes from memory, as long as nobody writes the key.
#include <cstdio>
#include <exception>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "trackside/client.hpp"
#include "trackside/tracking_cache.hpp"

boost::asio::awaitable<void> read_twice() {
  // A statement of its own: g++ 12 destroys temporaries twice when it awaits among them.
  const auto executor = co_await boost::asio::this_coro::executor;
  trackside::ClientOptions options;
  options.endpoint = {.host = "127.0.0.1", .port = 6379};
  trackside::Client client{executor, options, std::make_shared<trackside::TrackingCache>()};
  const trackside::Command get{"GET", "greeting"};
  for (int i = 0; i < 2; ++i) {
    const trackside::Reply reply = co_await client.async_execute(get, boost::asio::use_awaitable);
    std::puts(trackside::to_text(reply).c_str());
  }
}

int main() try {
  boost::asio::io_context io;
  boost::asio::co_spawn(io, read_twice(), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
