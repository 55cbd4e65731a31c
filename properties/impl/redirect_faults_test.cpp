// The conversations of a client that is told in any mode, again, with an error, garbage or an end in place of every
// single frame that any of its connections hears: everything asked is answered once, nothing stale stays, and it
// recovers.
#include <gtest/gtest.h>

#include <set>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Setting {
  Protocol protocol;
  TrackingOptions tracking;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const Selection selection : {Selection::all, Selection::opt_in, Selection::opt_out, Selection::broadcast}) {
    all.push_back({Protocol::resp3, {.selection = selection}});
    for (const Protocol protocol : {Protocol::resp3, Protocol::resp2}) {
      all.push_back({protocol, {.delivery = Delivery::redirect, .selection = selection}});
    }
  }
  return all;
}

/// A server with one key, k, that answers every connection politely, but for one frame.
class Server : public ClientTalk {
 public:
  enum class Fault { error, garbage, end };

  explicit Server(const Setting& setting)
      : ClientTalk({.protocol = setting.protocol}, {.tracking = setting.tracking}), setting_(setting) {
    core->start();
  }

  /// Answers everybody until nobody has anything to say.
  void serve() {
    for (bool busy = true; busy;) {
      busy = false;
      for (std::size_t index = 0; index < runtime.attempts(); ++index) {
        Peer& peer = runtime.peer(index);
        if (peer.held() && accepted_.insert(index).second) {
          peer.accept();
        }
        const std::string said = peer.held() ? spoken(peer.heard()) : "";
        if (!said.empty()) {
          busy = true;
          serve(index, said);
        }
      }
    }
  }
  /// Time passes, and everybody is answered meanwhile.
  void serve_for(Duration span) {
    for (Duration passed{}; passed < span; passed += milliseconds{250}) {
      runtime.advance(milliseconds{250});
      serve();
    }
  }
  /// Somebody writes: whoever brings the invalidations is told, and if that is lost, nobody is.
  void write(std::string_view now) {
    value = now;
    const std::size_t listener = listener_;
    if (runtime.peer(listener).held()) {
      speak(listener, subscribed_.contains(listener) ? message(array_of({"k"})) : invalidation({"k"}));
    }
  }

  std::size_t frames = 0;  // spoken so far
  std::size_t disturbed = SIZE_MAX;
  Fault fault = Fault::error;
  std::string value = "v1";

 private:
  void serve(std::size_t index, std::string_view said) {
    const Node as{.id = static_cast<std::int64_t>(index) + 7,
                  .protocol = static_cast<int>(setting_.protocol),
                  .flat = setting_.protocol == Protocol::resp2,
                  .subscriber = subscribed_.contains(index)};
    if (cache->get_client_id()) {
      listener_ = static_cast<std::size_t>(*cache->get_client_id() - 7);
    }
    while (!said.empty()) {
      const std::size_t end = std::min(said.find(" | "), said.size());
      const std::string_view command = said.substr(0, end);
      said.remove_prefix(std::min(end + 3, said.size()));
      if (command.starts_with("SUBSCRIBE")) {
        subscribed_.insert(index);
      }
      speak(index, command == "GET k"           ? bulk(value)
                   : command == "PEXPIRETIME k" ? ":-1\r\n"
                                                : answers_to(command, as).front());
    }
  }

  void speak(std::size_t index, const std::string& frame) {
    Peer& peer = runtime.peer(index);
    const bool is_reply = frame.front() != '>' && frame.find("message") == frame.npos;
    const bool now = frames++ == disturbed;
    if (!peer.held()) {
      return;
    }
    if (now && fault == Fault::end) {
      peer.hang_up();
    } else {
      const bool errs = now && fault == Fault::error && is_reply;
      peer.say(errs ? "-ERR injected\r\n" : now && fault == Fault::garbage ? "?garbage\r\n" : frame);
    }
  }

  const Setting setting_;
  std::set<std::size_t> accepted_;
  std::set<std::size_t> subscribed_;
  std::size_t listener_ = 0;
};

/// Reads, is told of a write, and reads again.
void converse(Server& server) {
  server.serve();
  server.ask("GET k");
  server.serve();
  server.write("v2");
  server.ask("GET k");
  server.serve();
  server.serve_for(milliseconds{1500});
}

TEST(RedirectFaults, AnUndisturbedConversationEndsWithTheNewValueInTheCache) {
  for (const Setting& setting : settings()) {
    Server server{setting};
    converse(server);
    EXPECT_EQ(server.answers(), "1 \"v1\"; 2 \"v2\"");
    EXPECT_EQ(server.cached("GET k"), "\"v2\"");
    EXPECT_TRUE(server.core->healthy());
  }
}

TEST(RedirectFaults, WhicheverFrameIsReplacedEverythingIsAnsweredOnceAndComesBack) {
  for (const Setting& setting : settings()) {
    Server whole{setting};
    converse(whole);
    ASSERT_GE(whole.frames, 15u);
    for (const auto fault : {Server::Fault::error, Server::Fault::garbage, Server::Fault::end}) {
      for (std::size_t step = 0; step < whole.frames; ++step) {
        SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at step " + std::to_string(step));
        Server server{setting};
        server.disturbed = step;
        server.fault = fault;
        converse(server);
        server.serve_for(seconds{6});  // more than max_idle, and than any wait between attempts
        EXPECT_EQ(server.counts(), "11");
        EXPECT_NE(server.cached("GET k"), "\"v1\"") << "older than max_idle";
        EXPECT_TRUE(server.core->healthy());
        EXPECT_EQ(server.cache->open_fills(), 0u);
        EXPECT_EQ(server.core->metrics().commands_in_flight, 0u);
        server.ask("GET k");
        server.serve();
        EXPECT_EQ(server.cached("GET k"), "\"v2\"");
        server.write("v3");
        EXPECT_EQ(server.cached("GET k"), "miss");
      }
    }
  }
}

}  // namespace
}  // namespace trackside::testing
