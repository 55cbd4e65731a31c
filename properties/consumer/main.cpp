// A service with a cached client, as somebody else's project has it. No server is needed: it asks where nobody listens,
// and ends with 0 if its command fails in time and as it should.
#include <chrono>
#include <cstdio>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "trackside/trackside.hpp"

int main() {
  using namespace std::chrono_literals;
  boost::asio::io_context io;
  const auto cache = std::make_shared<trackside::TrackingCache>(trackside::CacheOptions{.max_keys = 1000});
  trackside::Client client{
      io.get_executor(), {.endpoint = {.host = "127.0.0.1", .port = 1}, .command_timeout = 50ms}, cache};

  trackside::error_code outcome;
  client.async_execute({"GET", "greeting"}, [&](trackside::error_code error, const trackside::Reply&) {
    outcome = error;
    client.async_shutdown([] {});
  });
  io.run();
  std::printf("GET greeting: %s; the cache is %s\n", outcome.message().c_str(), cache->healthy() ? "well" : "not used");
  return outcome && !cache->healthy() ? 0 : 1;
}
