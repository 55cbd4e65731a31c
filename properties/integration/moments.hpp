// One script for a cluster, told to a real one and to a simulated one, and what comes of it: who answers what, in which
// order.
//
// A script asks nodes questions, has things done to them, and has *watchers* ask the same question again and again
// meanwhile, each on a connection of its own. What is written down are moments: "watcher: MOVED to node 3". Times
// become order, addresses become the numbers of nodes, and what is repeated is said once. So two clusters that behave
// alike have told the same, line by line. Between watchers no order is kept: that is a matter of microseconds.
// Neighbours: moments_test.cpp has the scripts; real_cluster.hpp and ../tool/served_process.hpp are the two clusters.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "properties/integration/private_network.hpp"
#include "properties/integration/real_cluster.hpp"
#include "properties/tool/served_process.hpp"
#include "resp/frame_buffer.hpp"

namespace trackside::testing {

/// Three primaries, nodes 0 to 2, with a replica each: node n has node n + 3. The node timeout is a second.
class Arm {
 public:
  enum class Trouble : std::uint8_t { none, death, isolation };  // the node dies; or loses its peers, not its clients

  virtual ~Arm() = default;
  virtual std::string host(std::size_t node) const = 0;
  virtual std::uint16_t port(std::size_t node) const = 0;
  /// The trouble for which it was made begins, and ends; each returns when it has.
  virtual void begin_trouble() = 0;
  virtual void end_trouble() = 0;
};

constexpr std::size_t arm_nodes = 6;
constexpr std::size_t troubled_node = 2;

/// For isolation it needs a private network, which must have been entered.
std::unique_ptr<Arm> real_arm(Arm::Trouble trouble);
/// `trackside serve`. There trouble comes by the clock, some seconds after its start.
std::unique_ptr<Arm> served_arm(Arm::Trouble trouble);

using Words = std::vector<std::string>;

/// Asks one question again and again.
class Watcher {
 public:
  struct Watch {
    std::string name;
    std::size_t node = 0;
    std::vector<Words> greeting{};        // said once on each connection; answers count only if they are errors
    Words question{};                     // none: only listens
    std::vector<std::string> passing{};   // moments that may be missed, and are not written down
  };

  Watcher(const Arm& arm, Watch watch);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher();

  /// Hears what there is, and asks again if nothing is unanswered.
  void turn();
  /// Closes its connection, and watches no longer.
  void stop();
  const std::vector<std::string>& moments() const { return moments_; }
  std::string last() const { return moments_.empty() ? "" : moments_.back(); }
  /// Whether a moment holds that text.
  bool has_heard(const std::string& text) const;
  const std::string& name() const { return watch_.name; }

 private:
  void connect();
  void lose(const char* how);
  void say(const Words& words);
  void hear(ReplyView frame);
  void note(std::string moment);

  const Arm& arm_;
  Watch watch_;
  int socket_ = -1;
  bool stopped_ = false;
  std::size_t unanswered_ = 0;
  std::size_t greetings_ = 0;  // of those
  resp::FrameBuffer frames_{ReplyLimits{}};
  std::vector<std::string> moments_;
};

class Script {
 public:
  explicit Script(Arm& arm) : arm_(arm) {}

  Watcher& watch(Watcher::Watch watch);
  /// Asks a node once, on a connection of its own, and writes its answer down.
  std::string ask(std::size_t node, const Words& words);
  /// The same without writing it down; strings as they are.
  std::string ask_quietly(std::size_t node, const Words& words) const;
  /// Several commands on one connection; the last one's answer is written down.
  std::string ask_in_a_row(std::size_t node, const std::vector<Words>& commands);
  /// The watchers watch until it holds; a failure of the test if that takes more than twenty seconds.
  void until(const std::string& what, const std::function<bool()>& holds);
  /// The same for a watcher's last word.
  void until(const Watcher& watcher, const std::string& says);
  void watch_for(std::chrono::milliseconds duration);
  std::string id(std::size_t node) const { return ask_quietly(node, {"CLUSTER", "MYID"}); }
  Arm& arm() { return arm_; }

  /// All of it: first what was asked once, then each watcher's moments.
  std::vector<std::string> moments() const;

 private:
  void turn();

  Arm& arm_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::vector<std::string> asked_;
};

}  // namespace trackside::testing
