// A client whose reads travel by data connections while another connection, the listener, brings the invalidations.
// `sent`, `say`, `answer` and `keep` are about the first data connection. Nodes are polite unless a test speaks itself.
//
//   attempts to connect, in order: the listener, data connection 0, 1, ...
#pragma once

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {

class RedirectTalk : public ClientTalk {
 public:
  explicit RedirectTalk(TrackingOptions tracking = {.delivery = Delivery::redirect}, ClientOptions options = {},
                        CacheOptions cache_options = {})
      : ClientTalk(options, with(std::move(cache_options), std::move(tracking))),
        flat_(options.protocol == Protocol::resp2),
        data_(options.data_connections) {
    std::iota(data_.begin(), data_.end(), std::size_t{1});
  }

  /// Connects everything and goes through all handshakes, first probes and registrations.
  void establish() {
    core->start();
    ASSERT_EQ(runtime.attempts(), data_.size() + 1);
    meet_listener();
    for (std::size_t index = 0; index < data_.size(); ++index) {
      meet_data(index);
    }
    attend(0);
  }

  Peer& listener() { return runtime.peer(listener_); }
  Peer& data(std::size_t index) { return runtime.peer(data_[index]); }
  std::string sent_by(std::size_t index) { return spoken(data(index).heard()); }
  std::string listener_sent() { return spoken(listener().heard()); }
  /// `sent`, `say` and the like are about this data connection from now on.
  void attend(std::size_t index) { attend_to(data_[index]); }

  /// The node tells the listener of keys, or that everything may have changed.
  void invalidate(const std::vector<std::string>& keys) {
    listener().say(flat_ ? message(array_of(keys)) : invalidation(keys));
  }
  void flush() { listener().say(flat_ ? message("$-1\r\n") : null_invalidation); }

  /// The latest attempt is the listener's, or the data connection's: greets it.
  std::string meet_listener() { return greet(listener_, listener_node()); }
  std::string meet_data(std::size_t index) { return greet(data_[index], data_node(index)); }
  /// A lost connection comes back, under another id.
  std::string listener_returns() {
    listener_id += 1;
    await_attempt(listener_);
    return meet_listener();
  }
  std::string data_returns(std::size_t index) {
    id_offset += 10;
    await_attempt(data_[index]);
    return meet_data(index);
  }

  /// Answers politely what any connection said. Returns what was said, data connections first.
  std::string answer_all() {
    std::string all;
    for (std::size_t index = 0; index < data_.size(); ++index) {
      all += attend_politely(data_[index], data_node(index));
    }
    return all + attend_politely(listener_, listener_node());
  }

  std::int64_t listener_id = 20;
  std::int64_t id_offset = 0;  // of data connections, whose ids begin at 7
  int swaps = 0;

  Node listener_node() const {
    return {.id = listener_id, .protocol = flat_ ? 2 : 3, .swaps = swaps, .flat = flat_, .subscriber = flat_};
  }
  Node data_node(std::size_t index) const {
    return {.id = 7 + static_cast<std::int64_t>(index) + id_offset,
            .role = role,
            .protocol = flat_ ? 2 : 3,
            .swaps = swaps,
            .flat = flat_};
  }
  std::string role = "master";  // as data connections see it

 private:
  static CacheOptions with(CacheOptions options, TrackingOptions tracking) {
    options.tracking = std::move(tracking);
    return options;
  }
  std::string greet(std::size_t peer, const Node& as) {
    runtime.peer(peer).accept();
    return attend_politely(peer, as);
  }
  std::string attend_politely(std::size_t peer, const Node& as) {
    std::string all;
    while (runtime.peer(peer).held()) {
      const std::string said = spoken(runtime.peer(peer).heard());
      if (said.empty()) {
        break;
      }
      all += (all.empty() ? "" : " / ") + said;
      for (const std::string& frame : answers_to(said, as)) {
        if (runtime.peer(peer).held()) {
          runtime.peer(peer).say(frame);
        }
      }
    }
    return all;
  }
  void await_attempt(std::size_t& peer) {
    const std::size_t before = runtime.attempts();
    for (int step = 0; step < 100 && runtime.attempts() == before; ++step) {
      runtime.advance(std::chrono::milliseconds{1});
    }
    ASSERT_EQ(runtime.attempts(), before + 1);
    peer = before;
  }

  const bool flat_;
  std::size_t listener_ = 0;
  std::vector<std::size_t> data_;
};

}  // namespace trackside::testing
