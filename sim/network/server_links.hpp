// Connections between servers, which carry whole messages: the cluster bus and replication.
//
// As TCP between machines: in order on each link and in each direction, each message at a time decided by its name,
// nothing delivered from inside a call. A cut holds messages, ends and handshakes, and lets them go when it is over. A
// frozen process reads later; the death of one ends its links, which the other ends learn as from a reset. A link that
// is gone takes what was under way with it. What an event costs does not depend on the number of servers or links.
//
//   link:  connecting -> up -> gone       (each of its two ends is there until it closes, dies, or is told of the end)
//
// Neighbours: message_pool.hpp (the messages), cluster/outbox.hpp (who opens and closes), network.hpp (clients).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/cluster/identity.hpp"
#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/network/effects.hpp"
#include "sim/network/message_pool.hpp"

namespace trackside::sim {

using cluster::LinkId;
using cluster::LinkPurpose;
using cluster::ServerIndex;

/// Told what arrives. All calls are made from events.
class LinkReceiver {
 public:
  /// When the process can attend to a message: now or earlier, later if it is busy, end_of_time if it is frozen.
  virtual Instant ready_at(ServerIndex at) const = 0;
  virtual bool listening(ServerIndex at) const = 0;
  /// The link that `at` opened is up.
  virtual void on_open(ServerIndex at, LinkId link) = 0;
  virtual void on_message(ServerIndex at, LinkId link, MessageSlot message) = 0;
  /// The link is gone, or could not be opened. `at` may use it no more.
  virtual void on_closed(ServerIndex at, LinkId link) = 0;
  /// The message will never arrive.
  virtual void on_lost(LinkId link, MessageSlot message) = 0;

 protected:
  ~LinkReceiver() = default;
};

/// A fault that keeps messages between some servers and all the others.
struct ServerCut {
  FaultKind kind = FaultKind::partition;
  std::vector<bool> inside{};  // by server
  bool outgoing = true;        // messages from inside do not pass
  bool incoming = true;

  bool blocks(ServerIndex from, ServerIndex to) const {
    const bool from_inside = inside[static_cast<std::size_t>(from)];
    return from_inside != inside[static_cast<std::size_t>(to)] && (from_inside ? outgoing : incoming);
  }
};

class ServerLinks {
 public:
  static constexpr Instant base_latency = 50 * microsecond;
  /// Servers of a cluster are near to each other, and their failure detection counts on it.
  static constexpr std::uint64_t latency_max = 1U << 26U;

  ServerLinks(Scheduler& scheduler, Decider& decider, Effects& effects, LinkReceiver& receiver, std::size_t servers);
  ServerLinks(const ServerLinks&) = delete;
  ServerLinks& operator=(const ServerLinks&) = delete;

  /// `link.opener` connects. Requires that the opener's numbers go up.
  void open(LinkId link, ServerIndex to);
  /// Behind what was sent before; on a link that is not up yet, too. Lost if the link is gone.
  void send(LinkId link, ServerIndex from, MessageSlot message);
  /// The other end is told, behind what was sent.
  void close(LinkId link, ServerIndex from);

  // Faults.
  void set_cuts(std::vector<ServerCut> cuts);
  /// Replication towards the server takes so much more.
  void set_lag(ServerIndex server, Instant more) { lags_[static_cast<std::size_t>(server)] = more; }
  /// The server's process died.
  void crash(ServerIndex server);
  /// The server's process reads again.
  void thaw(ServerIndex server);
  void calm_down() noexcept { latency_max_ = 1U << 20U; }

  /// Whether nothing passes from one to the other now.
  bool cut(ServerIndex from, ServerIndex to) const { return cut_between(from, to) != nullptr; }
  std::uint64_t latency_bound() const noexcept { return latency_max_; }
  /// Links of which an end is still there.
  std::size_t in_use() const noexcept { return links_.size() - free_.size(); }

 private:
  enum class End : std::uint8_t { opener, acceptor };
  struct Item {
    Instant arrival;
    MessageSlot message;
    bool is_end;
  };
  /// What is under way to one of the ends.
  struct Way {
    std::vector<Item> items;
    std::size_t first = 0;
    Instant event_at = end_of_time;
    Instant blocked_since = 0;
    bool blocked = false;

    bool empty() const noexcept { return first == items.size(); }
  };
  struct Link {
    LinkId id{};
    ServerIndex acceptor = cluster::no_server;
    std::uint32_t generation = 1;
    bool up = false;
    bool parked = false;          // the handshake waits for the end of a cut
    std::array<bool, 2> there{};  // by End
    std::array<Way, 2> ways{};    // by the End to which they lead
  };
  struct Named {
    std::uint32_t number;
    std::uint32_t index;
  };

  static End other(End end) noexcept { return end == End::opener ? End::acceptor : End::opener; }
  static ServerIndex server_at(const Link& link, End end) noexcept {
    return end == End::opener ? link.id.opener : link.acceptor;
  }
  static Way& way_to(Link& link, End end) noexcept { return link.ways[static_cast<std::size_t>(end)]; }
  static bool& there(Link& link, End end) noexcept { return link.there[static_cast<std::size_t>(end)]; }

  std::vector<Named>& names_of(LinkId link);
  Link* find(LinkId link);
  Link* find(const Event& event, std::uint64_t generation);
  std::uint32_t allocate();
  void recycle_if_gone(std::uint32_t index);

  void on_connect(const Event& event);
  void on_arrival(const Event& event);
  void deliver(std::uint32_t index, End end);
  bool deliver_one(std::uint32_t index, End end);
  void push(std::uint32_t index, End to, Item item);
  void arrange(std::uint32_t index, End to);
  void leave(std::uint32_t index, End end);
  void discard(Link& link, End to);
  void update_cut(std::uint32_t index, End to);
  const ServerCut* cut_between(ServerIndex from, ServerIndex to) const;
  Instant latency(const Link& link, End to);
  std::uint64_t entity_of(const Link& link, End to) const noexcept;

  Scheduler& scheduler_;
  Decider& decider_;
  Effects& effects_;
  LinkReceiver& receiver_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> free_;
  std::vector<std::array<std::vector<Named>, 2>> names_;  // by opener and purpose, in order of their numbers
  std::vector<ServerCut> cuts_;
  std::vector<Instant> lags_;  // by server
  std::uint64_t latency_max_ = latency_max;
};

}  // namespace trackside::sim
