// Without an event loop: two threads share one client; each call waits for its reply, and a hit waits for nobody.
//
//   blocking [host [port]]      (default: 127.0.0.1 6379)
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <thread>

#include "trackside/blocking_client.hpp"
#include "trackside/tracking_cache.hpp"

namespace {

constexpr const char* key = "trackside:blocking";

// Errors as values: a program that goes on without an answer.
void read_often(trackside::BlockingClient& client) {
  for (int i = 0; i < 1000; ++i) {
    const auto value = client.get(key);
    if (!value) return static_cast<void>(std::printf("no answer: %s\n", value.error().message().c_str()));
  }
}

// Errors as exceptions: a program that cannot.
void run(trackside::Endpoint endpoint) {
  const auto cache = std::make_shared<trackside::TrackingCache>();
  trackside::BlockingClient client{{.endpoint = endpoint}, cache};
  client.set(key, "1").value();

  std::thread other{[&] { read_often(client); }};
  read_often(client);
  other.join();

  std::printf("%lld after one more\n", static_cast<long long>(client.incrby(key, 1).value()));
  std::printf("%s now\n", client.get(key).value().value_or("nothing").c_str());
  std::printf("%llu hits\n", static_cast<unsigned long long>(cache->stats()->summary().hits));
  client.del(key).value();
}

}  // namespace

int main(int argc, char** argv) try {
  trackside::Endpoint endpoint;
  if (argc > 1) endpoint.host = argv[1];
  if (argc > 2) endpoint.port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));
  run(endpoint);
} catch (const std::exception& error) {
  std::fprintf(stderr, "blocking: %s\n", error.what());
  return 1;
}
