// What the proofs cost a server: bytes and time of its processor for each probe, and for each guard of a slot.
//
// Asked of the servers themselves: INFO stats counts the bytes of clients, INFO commandstats the time of each command.
// The figures are printed, and held to bounds wide enough for a busy machine; impl/README.md has those of one run.
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "properties/integration/asking.hpp"
#include "properties/integration/client_harness.hpp"
#include "properties/integration/real_cluster.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

struct Spent {
  double bytes_in = 0;   // of the server: what clients sent
  double bytes_out = 0;
  double memory = 0;
  std::map<std::string, std::pair<double, double>> commands{};  // calls, microseconds
};

double number_behind(const std::string& text, const std::string& mark) {
  const std::size_t at = text.find(mark);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + mark.size()));
}

/// A server and what it has spent; what is asked for that is not counted.
class Account {
 public:
  explicit Account(std::uint16_t port) : asking_(port) {
    // The first answer is cut short of the second by what the first cost; from then on they are of one size, nearly.
    const Spent before = look();
    const Spent after = look();
    own_in_ = after.bytes_in - before.bytes_in;
    own_out_ = after.bytes_out - before.bytes_out;
    (void)spent();
  }

  /// Since the last call.
  Spent spent() {
    const Spent now = look();
    Spent difference{now.bytes_in - last_.bytes_in - own_in_, now.bytes_out - last_.bytes_out - own_out_,
                     now.memory - last_.memory};
    for (const auto& [name, cost] : now.commands) {
      const auto before = last_.commands[name];
      if (cost.first > before.first && name != "info") {
        difference.commands[name] = {cost.first - before.first, cost.second - before.second};
      }
    }
    last_ = now;
    return difference;
  }

 private:
  Spent look() {
    const Reply reply = asking_.ask(Command{"INFO", "all"});
    const std::string info{reply.view().as_string().value()};
    Spent total{number_behind(info, "total_net_input_bytes:"), number_behind(info, "total_net_output_bytes:"),
                number_behind(info, "used_memory:")};
    const std::string mark = "cmdstat_";
    for (std::size_t at = info.find(mark); at != std::string::npos; at = info.find(mark, at + 1)) {
      const std::string line = info.substr(at + mark.size(), info.find('\n', at) - at - mark.size());
      total.commands[line.substr(0, line.find(':'))] = {number_behind(line, "calls="), number_behind(line, "usec=")};
    }
    return total;
  }

  Asking asking_;
  Spent last_{};
  double own_in_ = 0;
  double own_out_ = 0;
};

double time_of(const Spent& spent) {
  double sum = 0;
  for (const auto& [name, cost] : spent.commands) {
    sum += cost.second;
  }
  return sum;
}

void print_commands(const Spent& spent, double per) {
  for (const auto& [name, cost] : spent.commands) {
    std::printf("    %-20s %6.2f calls, %6.1f us each\n", name.c_str(), cost.first / per, cost.second / cost.first);
  }
}

/// One for each of some slots of the node.
std::vector<std::string> tags_at(const RealCluster& cluster, std::size_t node) {
  std::vector<std::string> tags;
  for (int number = 0; tags.size() < 500; ++number) {
    std::string tag = "{" + std::to_string(number) + "}";
    if (cluster.owner_of(tag) == node) {
      tags.push_back(std::move(tag));
    }
  }
  return tags;
}

class ProbeCost : public ::testing::Test {
 protected:
  static constexpr auto max_idle = 300ms;

  /// What a client with nothing to do but probe costs this server for each probe.
  void expect_cheap_probes(Account& account, const char* what) {
    (void)account.spent();
    const auto begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(3s);
    const Spent spent = account.spent();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto found = spent.commands.find("ping");
    ASSERT_NE(found, spent.commands.end());
    const double probes = found->second.first;
    std::printf("%s: a probe every %.2f max_idle: %.0f bytes in, %.0f bytes out, %.0f us\n", what,
                seconds / probes / std::chrono::duration<double>(max_idle).count(), spent.bytes_in / probes,
                spent.bytes_out / probes, time_of(spent) / probes);
    print_commands(spent, probes);
    EXPECT_LT(spent.bytes_in / probes, 250);
    EXPECT_LT(spent.bytes_out / probes, 1200);
    EXPECT_LT(time_of(spent) / probes, 500);
    EXPECT_GT(seconds / probes, std::chrono::duration<double>(max_idle).count() / 5);
  }

  Threads threads_{1};
  std::shared_ptr<TrackingCache> cache_ = std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle});
};

TEST_F(ProbeCost, OfAServerIsSmall) {
  RedisProcess redis;
  redis.start();
  Account account{redis.port()};
  Client client{threads_.executor(), quick_options(redis.port()), cache_};
  ASSERT_TRUE(eventually([&] { return ask(client, {"GET", "k"}), is_cached(client, {"GET", "k"}); }));
  expect_cheap_probes(account, "one server");
}

TEST_F(ProbeCost, OfAClustersNodeIsSmallAndAGuardIsPaidOnceForASlot) {
  const RealCluster cluster{3};
  Account account{cluster.port(0)};
  ClientOptions options = quick_options(cluster.port(0));
  options.topology = Topology::cluster;
  Client client{threads_.executor(), options, cache_};
  const std::vector<std::string> tags = tags_at(cluster, 0);
  ASSERT_TRUE(eventually([&] { return ask(client, {"GET", "k"}), is_cached(client, {"GET", "k"}); }));
  expect_cheap_probes(account, "one node of a cluster");

  const auto read_all = [&](const char* key, const char* what) {
    (void)account.spent();
    for (const std::string& tag : tags) {
      EXPECT_EQ(ask(client, {"GET", tag + key}), "(nil)");
    }
    Spent spent = account.spent();
    const double count = static_cast<double>(tags.size());
    std::printf("%s: %.0f bytes in, %.0f bytes out, %.1f us, %.0f bytes of the server's memory\n", what,
                spent.bytes_in / count, spent.bytes_out / count, time_of(spent) / count, spent.memory / count);
    print_commands(spent, count);
    return spent.commands["ssubscribe"].first;
  };
  EXPECT_GT(read_all("first", "a first miss in a slot"), 0.9 * static_cast<double>(tags.size()));
  EXPECT_EQ(read_all("second", "a further one in the slot"), 0) << "the guard is up";
}

/// Who may not subscribe asks for each slot, with every probe.
TEST_F(ProbeCost, OfASlotWithoutAGuardIsAQuestionInEachProbe) {
  const RealCluster cluster{3};
  for (std::size_t node = 0; node < 3; ++node) {
    cluster.ask(node, {"ACL", "SETUSER", "caching", "on", ">secret", "~*", "+@all", "resetchannels"});
  }
  Account account{cluster.port(0)};
  ClientOptions options = quick_options(cluster.port(0));
  options.topology = Topology::cluster;
  options.username = "caching";
  options.password = "secret";
  Client client{threads_.executor(), options, cache_};
  const std::vector<std::string> tags = tags_at(cluster, 0);
  for (const std::string& tag : tags) {
    EXPECT_TRUE(eventually([&] { return ask(client, {"GET", tag}), is_cached(client, {"GET", tag}); }));
  }
  (void)account.spent();
  std::this_thread::sleep_for(3s);
  Spent spent = account.spent();
  const double probes = spent.commands["ping"].first;
  const double asked = spent.commands["watch"].first;
  const double count = probes * static_cast<double>(tags.size());
  std::printf("a slot asked for: %.2f times a probe, %.0f bytes in, %.0f bytes out, %.1f us\n", asked / count,
              spent.bytes_in / count, spent.bytes_out / count, time_of(spent) / count);
  EXPECT_GT(asked, 0.9 * count);
  EXPECT_LT(spent.bytes_in / count, 60);
  EXPECT_LT(time_of(spent) / count, 50);
}

}  // namespace
}  // namespace trackside::testing
