// A client on a scripted runtime, with its answers written down, so that a test reads as a transcript.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "properties/impl/conversation.hpp"
#include "properties/impl/scripted_runtime.hpp"
#include "trackside/client_core.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {

class ClientTalk {
 public:
  explicit ClientTalk(ClientOptions options = {}, CacheOptions cache_options = {})
      : cache(std::make_shared<NodeTrackingCache>(cache_options)),
        core(std::make_unique<ClientCore>(runtime, std::move(options), cache)) {}
  ~ClientTalk() { core.reset(); }  // completes what is left, and that is still written down
  ClientTalk(const ClientTalk&) = delete;
  ClientTalk& operator=(const ClientTalk&) = delete;

  ScriptedRuntime runtime;
  std::shared_ptr<NodeTrackingCache> cache;
  std::unique_ptr<ClientCore> core;
  Node node;
  std::string handshake;  // what the client said before its first probe
  /// Called inside the completion of that ask, after it was written down.
  std::map<std::uint64_t, std::function<void()>> inside;

  /// Connects and goes through handshake and first probe.
  void establish() {
    core->start();
    runtime.latest().accept();
    link_peer_ = runtime.attempts() - 1;
    finish_handshake();
  }
  void reconnect() {
    runtime.advance(std::chrono::seconds{2});
    ASSERT_GT(runtime.attempts(), link_peer_ + 1);
    link_peer_ = runtime.attempts() - 1;
    runtime.latest().accept();
    finish_handshake();
  }

  OperationId ask(std::string_view text, const Reply* doubted = nullptr) {
    return core->submit(command_of(text), next_completion(), doubted);
  }
  OperationId transact(const std::vector<std::string>& texts) {
    std::vector<Command> commands;
    for (const std::string& text : texts) {
      commands.push_back(command_of(text));
    }
    return core->submit_transaction(std::move(commands), next_completion());
  }

  Peer& link() { return runtime.peer(link_peer_); }
  std::string sent() { return spoken(link().heard()); }
  void say(const std::vector<std::string>& frames) { link().say(joined(frames)); }
  /// The reply to a read of a key that lives for ever.
  void answer(std::string_view value) { say({bulk(value), ":-1\r\n"}); }
  void answer_probe(std::uint64_t nonce) { link().say(joined(probe_answers(nonce, node))); }

  /// What was answered since the last call: `1 "v"; 2 joined "v"; 3 command_timeout; 4 mixed ["v", "w"]`.
  std::string answers() {
    std::string all;
    for (const std::string& answer : std::exchange(answers_, {})) {
      all += (all.empty() ? "" : "; ") + answer;
    }
    return all;
  }
  /// What the cache holds, or "miss".
  std::string cached(std::string_view text) {
    Reply reply;
    return core->cached(command_of(text), reply) ? to_text(reply) : "miss";
  }
  /// Makes the client hold this reply.
  void keep(std::string_view text, std::string_view value) {
    ask(text);
    sent();
    answer(value);
    answers();
    ASSERT_EQ(cached(text), to_text(ReplyView{bulk(value)}));
  }
  /// How often each ask was answered, in order: "111".
  std::string counts() const {
    std::string all;
    for (const int count : counts_) {
      all += std::to_string(count);
    }
    return all;
  }

 protected:
  /// `sent`, `say` and the like are about this attempt to connect.
  void attend_to(std::size_t attempt) { link_peer_ = attempt; }

 private:
  void finish_handshake() {
    handshake = sent();
    link().say(hello(node));
    if (handshake.find("SELECT") != std::string::npos) {
      link().say(ok);
    }
    link().say(ok);
    const std::string probe = sent();
    ASSERT_EQ(probe, probe_text(1));
    answer_probe(1);
  }

  Completion next_completion() {
    counts_.push_back(0);
    return {&ClientTalk::on_completion, this, counts_.size()};
  }

  static std::string_view name_of_source(Source source) {
    return source == Source::joined ? "joined " : source == Source::mixed ? "mixed " : "";
  }

  static void on_completion(void* self, std::uint64_t number, const Outcome& outcome) {
    auto& talk = *static_cast<ClientTalk*>(self);
    ++talk.counts_[number - 1];
    std::string text = std::to_string(number) + ' ' + std::string{name_of_source(outcome.source)};
    text += outcome.error ? std::string{name_of(static_cast<Errc>(outcome.error.value()))} : to_text(outcome.reply);
    talk.answers_.push_back(text);
    const auto at = talk.inside.find(number);
    if (at != talk.inside.end()) {
      at->second();
    }
  }

  std::size_t link_peer_ = 0;
  std::vector<std::string> answers_;
  std::vector<int> counts_;
};

}  // namespace trackside::testing
