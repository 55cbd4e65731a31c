// Misses through ClientCore and AsioRuntime beside a blocking hiredis, on the same server, over TCP and a Unix socket.
//
// Both build their command, send it, wait and look at the reply, all on this thread. Sixteen thousand keys are asked in
// turn, so that a cache of 4,096 misses each time and keeps, and evicts, as in life. A miss asks a second question,
// when the key expires; hiredis with that question too is a case of its own, to tell the protocol's cost from the
// client's.
#include <memory>
#include <stdexcept>

#include <boost/asio/io_context.hpp>

#include <hiredis/hiredis.h>

#include "impl/bench/benches.hpp"
#include "impl/bench/data.hpp"
#include "trackside/asio_runtime.hpp"
#include "trackside/client_core.hpp"

namespace trackside::bench {
namespace {

constexpr std::size_t key_count = std::size_t{1} << 14;
constexpr std::size_t in_flight = 64;

void require(bool condition, const char* what) {
  if (!condition) {
    throw std::runtime_error(std::string{"bench: "} + what);
  }
}

const std::string& next_of(const std::vector<std::string>& keys, std::uint64_t& next) {
  return keys[next++ & (key_count - 1)];
}

class Hiredis {
 public:
  explicit Hiredis(const Endpoint& endpoint)
      : context_(endpoint.unix_path.empty() ? ::redisConnect(endpoint.host.c_str(), endpoint.port)
                                            : ::redisConnectUnix(endpoint.unix_path.c_str())) {
    require(context_ != nullptr && context_->err == 0, "hiredis cannot connect");
  }
  ~Hiredis() { ::redisFree(context_); }
  Hiredis(const Hiredis&) = delete;
  Hiredis& operator=(const Hiredis&) = delete;

  void append(std::initializer_list<std::string_view> words) {
    const char* arguments[4];
    std::size_t lengths[4];
    int count = 0;
    for (const std::string_view word : words) {
      arguments[count] = word.data();
      lengths[count++] = word.size();
    }
    require(::redisAppendCommandArgv(context_, count, arguments, lengths) == REDIS_OK, "hiredis cannot send");
  }

  /// The length of the string that came, or 0.
  std::size_t reply() {
    void* answer = nullptr;
    require(::redisGetReply(context_, &answer) == REDIS_OK, "hiredis lost its connection");
    const auto* const reply = static_cast<const redisReply*>(answer);
    const std::size_t size = reply->type == REDIS_REPLY_STRING ? reply->len : 0;
    ::freeReplyObject(answer);
    return size;
  }

 private:
  redisContext* context_;
};

/// The product as a program without threads would use it.
class Client {
 public:
  explicit Client(const Endpoint& endpoint)
      : runtime_(context_.get_executor()),
        cache_(std::make_shared<NodeTrackingCache>()),
        core_(runtime_, {.endpoint = endpoint, .command_timeout = std::chrono::minutes{1}}, cache_) {
    core_.start();
    const double give_up = wall_nanoseconds() + 5e9;
    while (!core_.healthy()) {
      require(wall_nanoseconds() < give_up, "the client got no link within 5 s");
      context_.run_one_for(std::chrono::milliseconds{10});
    }
  }

  /// Asks for the key that was asked for longest ago.
  void send_next(const std::vector<std::string>& keys) {
    Command command{"GET", next_of(keys, asked_)};
    require(!core_.cached(command, reply_), "what should miss was a hit");
    core_.submit(std::move(command), {&Client::on_reply, this, 0});
  }

  void await_all() {
    while (answered_ != asked_) {
      context_.run_one();
    }
  }

 private:
  static void on_reply(void* self, std::uint64_t, const Outcome& outcome) {
    require(!outcome.error && outcome.reply.as_string().value().size() == value().size(), "a miss failed");
    ++static_cast<Client*>(self)->answered_;
  }

  boost::asio::io_context context_;
  AsioRuntime runtime_;
  std::shared_ptr<NodeTrackingCache> cache_;
  ClientCore core_;
  Reply reply_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
};

/// One turn sends so many and then waits for all.
Work product_work(Client& client, const std::vector<std::string>& keys, std::size_t width) {
  return waiting([&client, &keys, width](std::uint64_t) {
    for (std::size_t sent = 0; sent < width; ++sent) {
      client.send_next(keys);
    }
    client.await_all();
  });
}

enum class Questions : std::uint8_t { value, value_and_expiry };

Work hiredis_work(Hiredis& redis, const std::vector<std::string>& keys, std::size_t width, Questions questions) {
  return waiting([&redis, &keys, width, questions, next = std::uint64_t{0}](std::uint64_t) mutable {
    for (std::size_t sent = 0; sent < width; ++sent) {
      const std::string& key = next_of(keys, next);
      redis.append({"GET", key});
      if (questions == Questions::value_and_expiry) {
        redis.append({"PEXPIRETIME", key});
      }
    }
    for (std::size_t seen = 0; seen < width; ++seen) {
      require(redis.reply() == value().size(), "hiredis got something else");
      if (questions == Questions::value_and_expiry) {
        redis.reply();
      }
    }
  });
}

void load(const Endpoint& endpoint, const std::vector<std::string>& keys) {
  Hiredis redis(endpoint);
  for (const std::string& key : keys) {
    redis.append({"SET", key, value()});
  }
  for (std::size_t number = 0; number < keys.size(); ++number) {
    redis.reply();
  }
}

void add_rows(Rows& rows, const Endpoint& endpoint, const std::string& title, const std::vector<std::string>& keys,
              double seconds) {
  Client client(endpoint);
  Hiredis redis(endpoint);
  const Interleaved one({product_work(client, keys, 1), hiredis_work(redis, keys, 1, Questions::value),
                         hiredis_work(redis, keys, 1, Questions::value_and_expiry)},
                        seconds);
  // As often per second as hiredis divided by 1.15, for "1.15 times the time".
  const double ratio = one.speed(0, 1);
  rows.push_back({"miss, " + title, one.nanoseconds(0) / 1e3, "us", "hiredis GET", ratio, at_least(0.87, ratio)});
  rows.push_back({"miss, " + title, one.nanoseconds(0) / 1e3, "us", "hiredis GET + PEXPIRETIME", one.speed(0, 2), {}});

  const Interleaved many({product_work(client, keys, in_flight), hiredis_work(redis, keys, in_flight, Questions::value),
                          hiredis_work(redis, keys, in_flight, Questions::value_and_expiry)},
                         seconds);
  const double per_second = many.per_second(0) * in_flight / 1e3;
  const double many_ratio = many.speed(0, 1);
  rows.push_back({"64 misses in flight, " + title, per_second, "k/s", "64 hiredis GET pipelined", many_ratio,
                  at_least(1.0, many_ratio)});
  rows.push_back({"64 misses in flight, " + title, per_second, "k/s", "64 hiredis GET + PEXPIRETIME", many.speed(0, 2),
                  {}});
}

/// What the cache saves: one GET over the nearest possible connection, in hits.
Row hit_beside_get(const Endpoint& local, const std::vector<std::string>& keys, double seconds) {
  constexpr std::size_t count = 4096;
  const BootClock clock;
  NodeTrackingCache cache(options_for(-1));
  cache.initialize(clock, {.server = "bench"});
  vouch(cache, clock);
  for (std::size_t number = 0; number < count; ++number) {
    put(cache, keys[number]);
  }
  const std::vector<std::uint32_t> order = uniform(4, count);
  Hiredis redis(local);
  const Interleaved measured({computing([&, out = Reply{}](std::uint64_t turn) mutable {
                                require_hit(cache.get({.command = "GET", .key = keys[order[turn % draws]]}, out));
                                keep(out);
                              }),
                              hiredis_work(redis, keys, 1, Questions::value)},
                             seconds);
  const double ratio = measured.speed(0, 1);
  return {"hit, 4,096 keys", measured.nanoseconds(0), "ns", "hiredis GET, Unix socket", ratio, at_least(500, ratio)};
}

}  // namespace

Rows miss_rows(const Endpoint& tcp, const Endpoint& local, double seconds) {
  const std::vector<std::string> keys = keys_of(key_count);
  load(tcp, keys);
  Rows rows{hit_beside_get(local, keys, seconds)};
  add_rows(rows, tcp, "TCP", keys, seconds);
  add_rows(rows, local, "Unix socket", keys, seconds);
  return rows;
}

}  // namespace trackside::bench
