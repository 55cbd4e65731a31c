// What a tracking cache does, in a few lines of output: a miss, a hit, and how soon a write by somebody else arrives.
//
//   quickstart [host [port]]      (default: 127.0.0.1 6379)
//
// Two clients stand for two services. The first has a cache; the second has none and changes the key behind its back.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "trackside/trackside.hpp"

namespace {

namespace net = boost::asio;
using net::use_awaitable;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* key = "trackside:quickstart";

double microseconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count();
}

// Executes a command and makes an error that the server answered with an exception, too.
net::awaitable<trackside::Reply> execute(trackside::Client& client, trackside::Command command) {
  trackside::Reply reply = co_await client.async_execute(std::move(command), use_awaitable);
  if (reply.is_error()) throw std::runtime_error(trackside::to_text(reply));
  co_return reply;
}

// Reads the key and says where the value came from: from memory, or if it is not there, from the server.
net::awaitable<void> read(trackside::Client& client, const char* what) {
  const trackside::Command get{"GET", key};
  trackside::Reply reply;
  const auto start = SteadyClock::now();
  const bool hit = client.cached(get, reply);
  if (!hit) reply = co_await execute(client, get);
  const double took = microseconds_since(start);
  std::printf("%-28s %-8s from %-10s %12.1f us\n", what, trackside::to_text(reply).c_str(),
              hit ? "the cache" : "the server", took);
}

// Has somebody else write the key, and measures from that moment until the cache has let go of the old value.
net::awaitable<void> write_and_watch(trackside::Client& somebody_else, trackside::Client& service) {
  const auto executor = co_await net::this_coro::executor;
  const trackside::Command get{"GET", key};
  double answered_us = -1;
  trackside::error_code failure;

  const auto start = SteadyClock::now();
  somebody_else.async_execute({"SET", key, "new"}, [&](trackside::error_code error, const trackside::Reply&) {
    failure = error;
    answered_us = microseconds_since(start);
  });
  trackside::Reply old;
  while (service.cached(get, old) && microseconds_since(start) < 10e6) co_await net::post(executor, use_awaitable);
  const double gone_us = microseconds_since(start);
  while (answered_us < 0) co_await net::post(executor, use_awaitable);
  if (failure) throw boost::system::system_error(failure);
  if (gone_us > 10e6) throw std::runtime_error("the write of another client did not arrive in 10 s");

  std::printf("%-28s %-8s was answered %15.1f us\n", "somebody else writes", "\"new\"", answered_us);
  std::printf("%-28s %-8s after the write %12.1f us\n", "the old value is gone", "", gone_us);
}

net::awaitable<void> run(trackside::Endpoint endpoint) {
  const auto executor = co_await net::this_coro::executor;
  trackside::Client service{executor, {.endpoint = endpoint}, std::make_shared<trackside::TrackingCache>()};
  trackside::Client somebody_else{executor, {.endpoint = endpoint}};

  co_await execute(service, {"SET", key, "old"});
  co_await execute(somebody_else, {"PING"});  // its connection is up before anything is timed
  co_await read(service, "first read");
  co_await read(service, "second read");

  co_await write_and_watch(somebody_else, service);
  co_await read(service, "third read");

  co_await execute(service, {"DEL", key});
  co_await service.async_shutdown(use_awaitable);
  co_await somebody_else.async_shutdown(use_awaitable);
}

}  // namespace

int main(int argc, char** argv) {
  trackside::Endpoint endpoint;
  if (argc > 1) endpoint.host = argv[1];
  if (argc > 2) endpoint.port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));

  net::io_context io;
  int status = EXIT_SUCCESS;
  net::co_spawn(io, run(endpoint), [&](std::exception_ptr failure) {
    if (!failure) return;
    status = EXIT_FAILURE;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "quickstart: %s:%u: %s\n", endpoint.host.c_str(), unsigned{endpoint.port}, error.what());
    }
  });
  io.run();
  return status;
}
