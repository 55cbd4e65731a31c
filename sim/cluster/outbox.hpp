// What a state machine wants done on its links, in order, for whoever carries its messages.
//
// The machine never waits and is never called back from here: the carrier empties the box after each call. The opener
// names a link itself, so it can send before the link is up; the carrier keeps the order and drops what is sent on a
// link that is gone. Neighbours: bus_node.hpp, replication.hpp (who write into it), sim/world (which carries).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/cluster/identity.hpp"

namespace trackside::sim::cluster {

enum class LinkVerb : std::uint8_t {
  open,  // connect to `server`; `on_open` or `on_closed` tells how it went
  send,
  close,  // the other end is told by `on_closed`, behind what was sent; this end is told nothing more
};

template <class Message>
struct LinkAction {
  LinkVerb verb;
  LinkId link;
  ServerIndex server = no_server;  // only for `open`
  Message message{};               // only for `send`
};

template <class Message>
class Outbox {
 public:
  Outbox(ServerIndex self, LinkPurpose purpose) : self_(self), purpose_(purpose) {}

  LinkId open(ServerIndex server) {
    const LinkId link{self_, purpose_, ++opened_};
    actions_.push_back({LinkVerb::open, link, server, {}});
    return link;
  }
  void send(LinkId link, Message message) { actions_.push_back({LinkVerb::send, link, no_server, std::move(message)}); }
  void close(LinkId link) { actions_.push_back({LinkVerb::close, link, no_server, {}}); }

  ServerIndex self() const { return self_; }
  bool empty() const { return actions_.empty(); }
  /// Moves everything behind what `out` holds.
  void take(std::vector<LinkAction<Message>>& out) {
    out.insert(out.end(), std::make_move_iterator(actions_.begin()), std::make_move_iterator(actions_.end()));
    actions_.clear();
  }
  /// The process died: what it had not handed over is lost. Numbers of links are not used again.
  void discard() { actions_.clear(); }

 private:
  ServerIndex self_;
  LinkPurpose purpose_;
  std::uint32_t opened_ = 0;
  std::vector<LinkAction<Message>> actions_;
};

}  // namespace trackside::sim::cluster
