// A tiny deterministic world for tests of sim/cluster: members, links with latency, cuts, crashes, and one clock.
//
// Links keep order in each direction. What cannot pass because of a cut waits and goes on after healing, as with TCP;
// a connection that is being opened waits likewise. A member that is down refuses connections. Every member's belief is
// checked at each of its changes: no slot ever has two primaries in one config epoch.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/cluster/member.hpp"

namespace trackside::testing {

using namespace sim::cluster;
using sim::Instant;
using sim::microsecond;
using sim::millisecond;
using sim::second;

struct ClusterShape {
  std::uint16_t primaries = 3;
  std::uint16_t replicas_of_each = 1;
  Instant node_timeout = 1500 * millisecond;
  Instant latency = 300 * microsecond;  // at most, of one message
  std::uint64_t seed = 1;
  bool benign = false;  // all decisions are 0
  Instant diskless_delay = 0;
};

class TestCluster;

/// One server: its keys, and what happened to its clients.
class TestServer final : public MemberServer {
 public:
  TestServer(TestCluster& cluster, ServerIndex self, const ClusterShape& shape, ClusterView initial);

  /// A client's write: false if it is refused (not the owner, cluster down, writers paused, process down).
  bool write(const std::string& key, const std::string& value);
  bool owns(std::string_view key) const;
  bool answers(std::string_view key) const;
  std::string read(const std::string& key) const;

  ClusterView view;
  Member member;
  std::map<std::string, std::string> keys;
  bool up = true;
  bool frozen = false;
  Instant paused_until = 0;
  std::uint32_t promotions = 0;
  std::uint32_t demotions = 0;
  std::uint32_t flushes_by_loading = 0;
  std::uint32_t slots_dropped = 0;
  Instant promoted_at = 0;
  Instant demoted_at = 0;

  // MemberServer
  SnapshotPointer snapshot() override;
  void load(Instant now, const Snapshot& snapshot) override;
  void apply(Instant now, std::span<const ReplicatedChange> changes) override;
  bool holds_keys() const override { return !keys.empty(); }
  bool holds_keys_in(Slot slot) const override;
  void view_changed(Instant now) override;
  void drop_keys_in(Instant now, std::span<const Slot> slots) override;
  void flush(Instant now) override;
  void become_replica(Instant now) override;
  void become_primary(Instant now) override;
  void pause_writers(Instant now, Instant until) override;
  void resume_writers(Instant now) override;

 private:
  struct Decisions final : BusDecisions {
    Decisions(std::uint64_t seed_given, bool benign_given) : seed(seed_given), benign(benign_given) {}
    std::uint64_t decide(BusChoice choice, std::uint64_t ordinal, std::uint64_t bound) override;
    std::uint64_t seed;
    bool benign;
  };

  TestCluster& cluster_;
  Decisions decisions_;
};

class TestCluster final : private Directory {
 public:
  /// Primaries come first, then the replicas: that of primary p with number r is p + primaries * (1 + r). Epochs are
  /// 1, 2, 3, ... and slots are spread evenly; all links come up in the first tick.
  explicit TestCluster(const ClusterShape& shape);

  Instant now() const { return now_; }
  void run_for(Instant duration) { run_until(now_ + duration); }
  void run_until(Instant at);
  /// Runs until the predicate holds, looked at after every event; false if it does not within the limit.
  bool run_until(const std::function<bool()>& holds, Instant limit);

  std::size_t size() const { return servers_.size(); }
  TestServer& server(std::size_t index) { return *servers_[index]; }
  const ClusterView& view(std::size_t index) const { return servers_[index]->view; }
  BusNode& bus(std::size_t index) { return servers_[index]->member.bus(); }
  /// What `observer` knows of `subject`.
  const KnownNode& belief(std::size_t observer, std::size_t subject);

  NodeIndex position(std::size_t observer, std::size_t subject);
  /// Who owns the key by its own belief, the first of them; size() if nobody does.
  std::size_t owner_of(std::string_view key) const;
  /// As CLUSTER SETSLOT NODE does it on one node.
  void assign(std::size_t at, Slot slot, std::size_t owner);

  /// Nothing passes from one to the other.
  void cut_one_way(std::size_t from, std::size_t to);
  void cut(std::size_t one, std::size_t other);
  /// Holds back what belongs to replication alone, both ways.
  void cut_replication(std::size_t one, std::size_t other);
  /// Cuts these off from all others.
  void isolate(const std::set<std::size_t>& side);
  /// Nothing passes any more on the links that these two have now, and nobody is told; new ones work.
  void lose_links(std::size_t one, std::size_t other);
  /// Ends all of the above but what `lose_links` did.
  void heal();
  /// The process stands still; its system goes on accepting connections.
  void freeze(std::size_t index);
  void thaw(std::size_t index);
  void crash(std::size_t index);
  void start_again(std::size_t index);
  /// Hands on what the member wants said; to be called after each call of it from outside.
  void flush_outboxes(std::size_t index);
  /// A server that belongs to no cluster yet.
  std::size_t add_stranger();

  /// Whether all that are up find the cluster up and believe the same of slots, roles and epochs.
  bool all_agree() const;
  /// What was found wrong with epochs and slots, at any time so far; empty if nothing.
  const std::string& complaint() const { return complaint_; }
  std::uint64_t messages() const { return messages_; }
  std::uint64_t events() const { return events_; }
  std::uint64_t hash() const { return hash_; }

  void check_belief(ServerIndex self);
  const ClusterShape& shape() const { return shape_; }
  const Directory& directory() const { return *this; }

 private:
  enum class ParcelKind : std::uint8_t { open, opened, closed, message };
  struct Parcel {
    ParcelKind kind;
    Instant arrival;
    std::variant<BusMessage, ReplicationMessage> message;
  };
  struct Direction {
    std::deque<Parcel> under_way;
    Instant last_arrival = 0;
    std::uint64_t sent = 0;
    bool gone = false;  // its receiver has closed its end
  };
  struct Link {
    ServerIndex acceptor = no_server;
    Direction forth;  // from the opener
    Direction back;
    bool lost = false;
  };
  struct Event {
    Instant at;
    std::uint64_t sequence;
    std::size_t server;  // a tick, if `link` is no link
    LinkId link;
    bool forth;
  };
  struct Later {
    bool operator()(const Event& left, const Event& right) const {
      return left.at != right.at ? left.at > right.at : left.sequence > right.sequence;
    }
  };

  std::string_view host(ServerIndex) const override { return "127.0.0.1"; }
  std::uint16_t port(ServerIndex server) const override {
    return static_cast<std::uint16_t>(7000 + static_cast<std::uint16_t>(server));
  }

  ClusterView initial_view(std::size_t self) const;
  void post(Event event);
  void step();
  void send(LinkId link, bool forth, Parcel parcel);
  void pump(const Event& event);
  void deliver(LinkId link, bool forth, Parcel parcel);
  void close_end(LinkId link, bool opener_end);
  std::pair<std::size_t, std::size_t> ends(LinkId link, bool forth) const;
  bool blocked(LinkId link, bool forth) const;
  void resume();
  Instant latency(LinkId link, bool forth, std::uint64_t ordinal) const;
  template <class Message>
  void carry(Outbox<Message>& outbox);

  ClusterShape shape_;
  std::vector<std::unique_ptr<TestServer>> servers_;
  std::map<LinkId, Link> links_;
  std::priority_queue<Event, std::vector<Event>, Later> events_due_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  std::set<std::pair<std::size_t, std::size_t>> replication_cuts_;
  std::map<std::uint64_t, std::map<ServerIndex, SlotSet>> owners_by_epoch_;
  std::string complaint_;
  Instant now_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace trackside::testing
