// trackside beside a Redis client that a program has already: hiredis reads and writes, the cache answers what it may.
//
//   beside_hiredis [host [port]]      (default: 127.0.0.1 6379; Redis 7.0 or newer)
//
// A `trackside::Client` without connections for commands keeps the one connection that receives invalidations, on a
// thread of its own, and drives the cache. What a program needs beside it is `CachedReader` in cached_reader.hpp.
// Shown twice: with Selection::all, where each connection that reads is registered, and with Selection::broadcast,
// where nothing is.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "cached_reader.hpp"
#include "trackside/asio_runtime.hpp"
#include "trackside/client.hpp"
#include "trackside/tracking_cache.hpp"

namespace {

using namespace std::chrono_literals;

constexpr const char* key = "trackside:beside";

void wait_until(const char* what, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error(std::string{what} + ": not within 5 s");
    }
    std::this_thread::sleep_for(1ms);
  }
}

/// An io_context that runs on a thread of its own: programs that use hiredis have no event loop.
class Background {
 public:
  Background() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~Background() {
    work_.reset();  // the clients are gone by now: the loop ends when they have said farewell
    thread_.join();
  }
  auto executor() { return io_.get_executor(); }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

void show(const char* what, const CachedReader::Answer& answer) {
  std::printf("  %-36s %-10s from %s\n", what, trackside::to_text(answer.reply).c_str(),
              answer.from == CachedReader::Origin::cache ? "the cache" : "the server");
}

/// Reads until the answer comes from there: what the server tells of a write arrives a moment after the write's answer.
CachedReader::Answer read_from(CachedReader::Origin from, CachedReader& reader) {
  CachedReader::Answer answer;
  wait_until("where the answer comes from", [&] {
    answer = reader.read({"GET", key});
    return answer.from == from;
  });
  return answer;
}

/// The connection that receives invalidations breaks; what the cache held is gone, and it all comes back by itself.
void lose_the_link(trackside::AbstractCache& cache, HiredisConnection& somebody_else) {
  const auto before = cache.get_client_id();
  somebody_else.ask({"CLIENT", "KILL", "ID", std::to_string(before.value())});
  wait_until("a new link", [&] { return cache.healthy() && cache.get_client_id() != before; });
}

void run(const HiredisConnection::Options& server, const trackside::TrackingOptions& tracking) {
  Background background;
  const trackside::AsioRuntime clock{background.executor()};
  const auto cache = std::make_shared<trackside::TrackingCache>(trackside::CacheOptions{.tracking = tracking});
  const trackside::Client driver{
      background.executor(), {.endpoint = {.host = server.host, .port = server.port}, .data_connections = 0}, cache};
  wait_until("the link", [&] { return cache->healthy(); });

  CachedReader reader{server, *cache, clock};
  HiredisConnection somebody_else{server};
  reader.write({"SET", key, "first"});
  show("first read", reader.read({"GET", key}));
  show("again", read_from(CachedReader::Origin::cache, reader));

  somebody_else.ask({"SET", key, "theirs"});
  show("somebody else has written", read_from(CachedReader::Origin::server, reader));
  show("again", read_from(CachedReader::Origin::cache, reader));

  reader.write({"SET", key, "ours"});
  show("right behind a write of our own", reader.read({"GET", key}));

  lose_the_link(*cache, somebody_else);
  show("the link is another one", reader.read({"GET", key}));
  show("again", read_from(CachedReader::Origin::cache, reader));
  reader.write({"DEL", key});
}

}  // namespace

int main(int argc, char** argv) {
  HiredisConnection::Options server;
  if (argc > 1)
    server.host = argv[1];
  if (argc > 2)
    server.port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));
  try {
    std::printf("the server remembers what this connection reads:\n");
    run(server, {.delivery = trackside::Delivery::redirect});
    std::printf("the server tells of everything under a prefix:\n");
    run(server, {.delivery = trackside::Delivery::redirect,
                 .selection = trackside::Selection::broadcast,
                 .prefixes = {"trackside:"}});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "beside_hiredis: %s:%u: %s\n", server.host.c_str(), unsigned{server.port}, error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
