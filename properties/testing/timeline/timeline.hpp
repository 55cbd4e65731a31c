// What happened in a run, as a picture shows it: lanes, messages from lane to lane, what caches held and since when it
// was stale, faults, operations, and what broke. A value; writers make a page (timeline_page.hpp) or a trace for
// Perfetto (timeline_perfetto.hpp) of it.
//
// Texts are short, on one line and in ASCII: other bytes stand as \xNN. Indices refer to the lists of the same value.
// Everything is in order of its beginning. Built by timeline_recorder.hpp from what a run tells, after it is over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/rules.hpp"
#include "sim/instant.hpp"

namespace trackside::testing {

struct Timeline {
  static constexpr std::uint32_t none = UINT32_MAX;
  using LaneIndex = std::uint32_t;  // clients, then writers, then nodes, as hosts and servers are counted
  using KeyIndex = std::uint32_t;
  /// Of two things at one instant the one with the lower number was first; 0: nobody knows.
  using Order = std::uint32_t;

  struct Lane {
    enum class Kind : std::uint8_t { client, writer, node };
    Kind kind{};
    std::string name{};
    std::string about{};  // what it is, or what it was told: "max_idle 1 s", "primary", "sentinel"
  };

  /// What is said without anybody's asking for a key: handshakes, probes, guards. It is there, and out of the way.
  enum class Weight : std::uint8_t { matter, upkeep };

  /// Frames that left together and were read together.
  struct Message {
    enum class Kind : std::uint8_t { command, reply, push };
    Kind kind{};
    LaneIndex from = 0;
    LaneIndex to = 0;
    std::uint32_t connection = 0;  // the n-th of the client to the node
    sim::Instant sent = 0;
    sim::Instant arrived = sim::end_of_time;  // it never did
    bool vanished = false;                    // a fault took it out before it left
    Order sent_order = 0;
    Order arrived_order = 0;
    Weight weight = Weight::matter;
    std::string text{};
    std::vector<KeyIndex> keys{};
    std::uint32_t operation = none;  // in `operations`: on whose behalf
    std::uint32_t answers = none;    // of a reply: the message with the command
  };

  struct Stretch {
    sim::Instant from = 0;
    sim::Instant until = 0;
  };

  /// What a cache held: from its put until it was told to forget it, or was found without it. A cache that answers
  /// with it afterwards evidently held it on.
  struct Entry {
    LaneIndex lane = 0;
    KeyIndex key = 0;
    std::string question{};
    std::string value{};
    sim::Instant from = 0;
    sim::Instant until = 0;
    Order order = 0;                     // of its beginning
    std::string ended_by{};              // empty: it was still there in the end
    std::string outlived{};              // what would have ended it, had it not been served afterwards
    sim::Instant tolerance = 0;          // how stale it may be: max_idle, mostly; end_of_time: no bound
    std::vector<Stretch> stale{};        // when no server would have answered so
    std::vector<std::uint32_t> served{};  // in `operations`
  };

  struct Fault {
    std::string text{};  // as in the scenario
    sim::Instant from = 0;
    sim::Instant until = 0;  // the same for what strikes once
    std::vector<LaneIndex> lanes{};
  };

  struct Operation {
    LaneIndex lane = 0;
    std::uint32_t id = 0;  // the scenario's number; 0: a question at the end
    sim::Instant from = 0;
    sim::Instant until = sim::end_of_time;  // it never ended
    Order from_order = 0;
    Order until_order = 0;
    std::string question{};
    std::string answer{};
    enum class Source : std::uint8_t { server, cache, joined, mixed } source{};
    std::vector<KeyIndex> keys{};
  };

  struct Note {
    enum class Kind : std::uint8_t { change, cache, connection, cluster };
    Kind kind{};
    LaneIndex lane = 0;
    sim::Instant at = 0;
    Order order = 0;
    Weight weight = Weight::matter;
    std::string text{};
    std::vector<KeyIndex> keys{};
  };

  /// The promise that broke, and the way there as far as it is known: kept, overtaken, served.
  struct Breach {
    std::string code{};  // "G2"
    std::string name{};
    std::string sentence{};
    sim::Instant at = 0;
    std::string expected{};
    std::string got{};
    LaneIndex lane = none;           // whose operation it was
    std::uint32_t operation = none;  // in `operations`
    std::uint32_t entry = none;      // in `entries`: what it was served from
    struct Step {
      sim::Instant at = 0;
      LaneIndex lane = 0;
      std::string text{};
    };
    std::vector<Step> way{};
    /// In words that tell failures apart, and name nobody: what should have kept the entry from being served, or what
    /// became of that. Empty: nothing was served from a cache.
    std::string cause{};
    bool was_told = false;  // the cause is that the cache knew
  };

  std::string subject{};
  std::uint64_t seed = 0;
  sim::Instant faults_stopped = 0;
  sim::Instant until = 0;  // the end of the run
  std::vector<Lane> lanes{};
  std::vector<std::string> keys{};
  std::vector<Message> messages{};
  std::vector<Entry> entries{};
  std::vector<Fault> faults{};
  std::vector<Operation> operations{};
  std::vector<Note> notes{};
  std::optional<Breach> breach{};
};

}  // namespace trackside::testing
