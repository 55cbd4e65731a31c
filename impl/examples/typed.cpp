// Values instead of replies: typed calls, a type of one's own, and the text of a server's error.
//
//   typed [host [port]]      (default: 127.0.0.1 6379)
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "trackside/trackside.hpp"

namespace net = boost::asio;
using net::use_awaitable;

struct Position {
  double longitude = 0;
  double latitude = 0;
};

// What GEOPOS answers for one member is a pair; so a Position is read wherever a pair may stand.
template <>
struct trackside::ReplyConverter<Position> {
  static Result<Position> convert(ReplyView reply) {
    const auto pair = reply_as<std::pair<double, double>>(reply);
    if (!pair) return pair.error();
    return Position{pair->first, pair->second};
  }
};

net::awaitable<void> run(trackside::Endpoint endpoint) {
  const auto executor = co_await net::this_coro::executor;
  trackside::ClientOptions options;
  options.endpoint = endpoint;
  trackside::Client client{executor, options, std::make_shared<trackside::TrackingCache>()};

  co_await client.async_hset("trackside:user", {"name", "Ada", "visits", "1"}, use_awaitable);
  co_await client.async_hincrby("trackside:user", "visits", 1, use_awaitable);
  const auto user = co_await client.async_hgetall("trackside:user", use_awaitable);
  for (const auto& [field, value] : user) std::printf("%s = %s\n", field.c_str(), value.c_str());

  co_await client.async_call<int>({"GEOADD", "trackside:geo", "13.361389", "38.115556", "Palermo"}, use_awaitable);
  using Positions = std::vector<std::optional<Position>>;
  const auto where =
      co_await client.async_call<Positions>({"GEOPOS", "trackside:geo", "Palermo", "Nowhere"}, use_awaitable);
  for (const auto& position : where) {
    if (position) std::printf("%.3f, %.3f\n", position->longitude, position->latitude);
    else std::puts("not on this map");
  }

  using trackside::Answered;
  const auto length = co_await client.async_call<Answered<int>>({"LLEN", "trackside:user"}, use_awaitable);
  std::puts(length ? "a list?" : length.error().text().c_str());

  co_await client.async_del({"trackside:user", "trackside:geo"}, use_awaitable);
}

int main(int argc, char** argv) try {
  trackside::Endpoint endpoint;
  if (argc > 1) endpoint.host = argv[1];
  if (argc > 2) endpoint.port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));
  net::io_context io;
  net::co_spawn(io, run(endpoint), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "typed: %s\n", error.what());
  return 1;
}
