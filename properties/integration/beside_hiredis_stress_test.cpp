// Threads that read and write by hiredis connections of their own through one cache: what every read must be.
//
// Values count up, so the order of a key's versions is known. A read that began at t and found value v is
//  * too old, if the write of a greater value was answered before t - max_idle (G2), or before t where the program
//    itself wrote it behind a fence (G3);
//  * out of order, if the same thread has seen a greater value of the key before (G4), by whichever connection and
//    whichever field;
//  * made up, if nobody has sent it.
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/beside_hiredis.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto max_idle = 400ms;

// What is known of one key's values.
class Counter {
 public:
  std::int64_t next() { return ++sent_; }
  std::int64_t sent() const { return sent_; }
  void answered(std::int64_t value) {
    const std::lock_guard lock{mutex_};
    answered_.emplace_back(SteadyClock::now(), value);
  }
  /// The greatest value whose write was answered before then.
  std::int64_t answered_before(SteadyClock::time_point then) const {
    const std::lock_guard lock{mutex_};
    for (auto at = answered_.rbegin(); at != answered_.rend(); ++at) {
      if (at->first < then)
        return at->second;
    }
    return 0;
  }

 private:
  std::atomic<std::int64_t> sent_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::pair<SteadyClock::time_point, std::int64_t>> answered_;
};

std::int64_t number_in(const Reply& reply) { return reply.is_null() ? 0 : reply.as_integer().value(); }

class BesideHiredisStress : public ServerForHiredis, public ::testing::TestWithParam<Protocol> {
 protected:
  HiredisConnection::Options server() const { return {.port = redis.port(), .protocol = GetParam()}; }
  /// And with an empty server, for all values count from one.
  std::unique_ptr<Program> program_with(Selection selection) const {
    HiredisConnection{server()}.ask({"FLUSHALL"});
    return std::make_unique<Program>(redis.port(), Program::Options{.selection = selection, .max_idle = max_idle});
  }
};

INSTANTIATE_TEST_SUITE_P(EachProtocol, BesideHiredisStress, hiredis_protocols, name_of_protocol);

TEST_P(BesideHiredisStress, EveryReadSeesTheWritesBeforeItByWhicheverConnection) {
  for (const Selection selection : {Selection::all, Selection::broadcast}) {
    const auto program = program_with(selection);
    std::deque<CachedReader> connections;
    for (int i = 0; i < 2; ++i)
      connections.emplace_back(server(), program->cache(), program->clock());
    int hits = 0;
    for (int round = 0; round < 4000; ++round) {
      CachedReader& one = connections[round % 2];
      CachedReader& another = connections[(round + 1) % 2];
      const std::string value = std::to_string(round);
      one.write({"SET", "k", value});
      ASSERT_EQ(another.read({"GET", "k"}).reply.as_string().value(), value);
      // Now it is cached as a rule, and the push of this write may still be on its way.
      const auto again = one.read({"GET", "k"});
      ASSERT_EQ(again.reply.as_string().value(), value);
      hits += again.from == CachedReader::Origin::cache ? 1 : 0;
    }
    EXPECT_GT(hits, 200) << "the writes have to be of what is cached, or this tries nothing";
  }
}

TEST_P(BesideHiredisStress, NoFieldOfAHashGoesBackBehindAnother) {
  for (const Selection selection : {Selection::all, Selection::broadcast}) {
    const auto program = program_with(selection);
    std::atomic<bool> is_over = false;
    std::thread writer{[&] {
      HiredisConnection connection{server()};
      for (std::int64_t value = 1; !is_over; ++value) {
        const std::string text = std::to_string(value);
        connection.ask({"HSET", "h", "f1", text, "f2", text});
        if (value % 4 == 0)
          std::this_thread::sleep_for(300us);
      }
    }};
    std::deque<CachedReader> connections;
    for (int i = 0; i < 2; ++i)
      connections.emplace_back(server(), program->cache(), program->clock());
    const Words questions[] = {{"HGET", "h", "f1"}, {"HGET", "h", "f2"}};
    std::int64_t seen = 0;
    int hits = 0;
    const auto end = SteadyClock::now() + 1500ms;
    for (unsigned round = 0; SteadyClock::now() < end; ++round) {
      // Fields and connections change in different rhythms, so that all pairs of them follow one another.
      const auto answer = connections[round / 2 % 2].read(questions[round % 3 % 2]);
      const std::int64_t value = number_in(answer.reply);
      EXPECT_GE(value, seen) << "went back in round " << round;
      seen = std::max(seen, value);
      hits += answer.from == CachedReader::Origin::cache ? 1 : 0;
    }
    is_over = true;
    writer.join();
    EXPECT_GT(hits, 200);
    EXPECT_GT(seen, 100);
  }
}

// ---- everything at once, while connections are killed ----

struct Load {
  static constexpr int keys = 8;

  std::string name_of(int key) const { return "key:" + std::to_string(key); }
  Counter& counter(int key) { return counters[static_cast<std::size_t>(key)]; }
  bool is_over() const { return SteadyClock::now() > end; }

  const SteadyClock::time_point end = SteadyClock::now() + 3s;
  std::vector<Counter> counters = std::vector<Counter>(keys);
  std::atomic<int> reads = 0;
  std::atomic<int> hits = 0;
  std::atomic<int> losses = 0;
  std::atomic<int> kills = 0;
  std::atomic<std::int64_t> ids[2] = {0, 0};  // of the readers' connections
};

/// Writes the even keys; nobody is told but by the server.
void write_as_somebody_else(const HiredisConnection::Options& server, Load& load) {
  HiredisConnection connection{server};
  for (int round = 0; !load.is_over(); ++round) {
    const int key = round % (Load::keys / 2) * 2;
    const std::int64_t value = load.counter(key).next();
    connection.ask({"SET", load.name_of(key), std::to_string(value)});
    load.counter(key).answered(value);
    if (round % 8 == 0)
      std::this_thread::sleep_for(1ms);
  }
}

/// Reads all keys, and writes the odd keys that are its own.
class ReaderThread {
 public:
  ReaderThread(CachedReader& reader, Load& load, int index) : reader_(reader), load_(load), index_(index) {}

  void run() {
    for (int round = 0; !load_.is_over(); ++round) {
      const int key = (round * 5 + index_) % Load::keys;
      try {
        if (key % 4 == 1 + 2 * index_ && round % 16 < 2)
          write(key);
        read(key);
      } catch (const std::runtime_error&) {
        ++load_.losses;
      }
      load_.ids[index_] = static_cast<std::int64_t>(reader_.connection());
    }
  }

 private:
  void write(int key) {
    const std::int64_t value = load_.counter(key).next();
    reader_.write({"SET", load_.name_of(key), std::to_string(value)});
    load_.counter(key).answered(value);
  }
  void read(int key) {
    Counter& counter = load_.counter(key);
    const bool is_the_programs = key % 2 == 1;
    const auto began = SteadyClock::now();
    const std::int64_t least = counter.answered_before(is_the_programs ? began : began - max_idle);
    const auto answer = reader_.read({"GET", load_.name_of(key)});
    const std::int64_t value = number_in(answer.reply);
    EXPECT_GE(value, least) << load_.name_of(key) << " is older than it may be";
    EXPECT_GE(value, seen_[key]) << load_.name_of(key) << " went back";
    EXPECT_LE(value, counter.sent()) << load_.name_of(key) << " was never written";
    seen_[key] = std::max(value, seen_[key]);
    ++load_.reads;
    load_.hits += answer.from == CachedReader::Origin::cache ? 1 : 0;
  }

  CachedReader& reader_;
  Load& load_;
  const int index_;
  std::int64_t seen_[Load::keys] = {};
};

/// Ends, in turn, the link and the connections of the readers.
void kill_connections(const HiredisConnection::Options& server, AbstractCache& cache, Load& load) {
  HiredisConnection connection{server};
  for (int round = 0; !load.is_over(); ++round) {
    std::this_thread::sleep_for(70ms);
    const std::int64_t id = round % 3 == 2 ? cache.get_client_id().value_or(0) : load.ids[round % 3].load();
    load.kills += static_cast<int>(connection.ask({"CLIENT", "KILL", "ID", std::to_string(id)}).as_integer().value());
  }
}

TEST_P(BesideHiredisStress, NoReadIsOlderThanMaxIdleNorThanAnOwnWriteThroughKills) {
  for (const Selection selection : {Selection::all, Selection::broadcast}) {
    const auto program = program_with(selection);
    Load load;
    std::deque<CachedReader> readers;
    std::vector<std::thread> threads;
    for (int index = 0; index < 2; ++index) {
      CachedReader& reader = readers.emplace_back(server(), program->cache(), program->clock());
      threads.emplace_back([&load, &reader, index] { ReaderThread{reader, load, index}.run(); });
    }
    threads.emplace_back([&] { write_as_somebody_else(server(), load); });
    threads.emplace_back([&] { kill_connections(server(), program->cache(), load); });
    for (std::thread& thread : threads)
      thread.join();
    std::printf("%d reads, %d hits, %d losses, %d kills\n", load.reads.load(), load.hits.load(), load.losses.load(),
                load.kills.load());
    EXPECT_GT(load.reads, 3000);
    EXPECT_GT(load.hits, 300);
    EXPECT_GT(load.kills, 10);
  }
}

}  // namespace
}  // namespace trackside::testing
