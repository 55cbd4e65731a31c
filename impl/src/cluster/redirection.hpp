// Errors by which a node of a cluster says that it did not execute a command, and what to do instead.
// Source: the Redis Cluster specification, "Redirection and resharding".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "trackside/reply.hpp"
#include "trackside/runtime.hpp"

namespace trackside::cluster {

struct Redirection {
  enum class Kind : std::uint8_t {
    moved,      // the slot belongs to `target`
    ask,        // this once, ask `target`, which is importing the slot; send ASKING first
    later,      // TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN: the same again after a while
    elsewhere,  // READONLY: the node is a replica now; who is the primary has to be found out
  };
  Kind kind = Kind::later;
  std::uint16_t slot = 0;
  Endpoint target{};
};

/// What the error says; nothing when it is an answer like any other. A MOVED or ASK that makes no sense is none either.
/// `answered_by` is where the reply came from: a node that does not know its own address leaves the host out.
std::optional<Redirection> read_redirection(ReplyView reply, const Endpoint& answered_by);

/// "10.0.0.5:6379" or "::1:6379" (the last colon counts); nothing if the port is none.
std::optional<Endpoint> read_address(std::string_view text, const Endpoint& answered_by);

}  // namespace trackside::cluster
