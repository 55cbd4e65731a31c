// What a node's cluster process asks of the rest of its own server, and does to it.
//
// Facts are answered at once and change nothing. Verbs are carried out at once, in the order in which the real server
// does these things, and never call back into the bus node. Neighbours: bus_node.hpp (who calls), member.hpp (who
// answers out of replication and the server's keys).
#pragma once

#include <cstdint>
#include <span>

#include "sim/cluster/identity.hpp"
#include "sim/cluster/slot_set.hpp"
#include "sim/instant.hpp"

namespace trackside::sim::cluster {

class BusHost {
 public:
  // Facts.
  /// Of a primary, how far its stream has come; of a replica, how much of it it has applied.
  virtual std::uint64_t replication_offset() const = 0;
  /// Of a replica: since when it has heard nothing from its primary, in whole seconds as the real server counts.
  virtual Instant data_age(Instant now) const = 0;
  virtual bool holds_keys() const = 0;
  virtual bool holds_keys_in(Slot slot) const = 0;

  // Verbs.
  /// Who owns which slot, who is whose replica, or whether the cluster is up, changed in the view.
  virtual void view_changed(Instant now) = 0;
  /// Other nodes own these slots now, and keys of them are still here. They go, as in 7.0, without a word to anybody.
  virtual void drop_keys_in(Instant now, std::span<const Slot> slots) = 0;
  /// It is a replica of that server from now on; also called when it already was.
  virtual void follow(Instant now, ServerIndex primary) = 0;
  /// It is a primary from now on, with the data that it has.
  virtual void lead(Instant now) = 0;
  /// Everything it holds goes (CLUSTER RESET of a replica).
  virtual void flush(Instant now) = 0;
  virtual void pause_writers(Instant now, Instant until) = 0;
  virtual void resume_writers(Instant now) = 0;

 protected:
  ~BusHost() = default;
};

/// The random choices of a node's cluster process. Each is named by its kind and how many of the kind it made before.
enum class BusChoice : std::uint8_t {
  random_ping,     // where the five begin of whom the longest unheard is pinged
  gossip,          // where the sample of nodes begins that a message tells of
  election_delay,  // milliseconds on top of the fixed 500
};

class BusDecisions {
 public:
  /// A number in [0, bound], always the same for the same name; 0 is benign.
  virtual std::uint64_t decide(BusChoice choice, std::uint64_t ordinal, std::uint64_t bound) = 0;

 protected:
  ~BusDecisions() = default;
};

}  // namespace trackside::sim::cluster
