// What a Redis node says to a client, spelt out for transcripts, and what a client said, read back as text.
// Neighbours: link_talk.hpp, client_talk.hpp, redirect_talk.hpp, scripted_runtime.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trackside/command.hpp"
#include "trackside/reply.hpp"

namespace trackside::testing {

std::string bulk(std::string_view text);
std::string invalidation(const std::vector<std::string>& keys);
inline const std::string ok = "+OK\r\n";
inline const std::string null_invalidation = ">2\r\n$10\r\ninvalidate\r\n_\r\n";

struct Node {
  std::int64_t id = 7;
  std::string role = "master";
  std::string mode = "standalone";
  std::string version = "7.0.15";
  int protocol = 3;
  std::int64_t seconds = 1'700'000'000;
  int swaps = 0;            // SWAPDB calls so far
  bool flat = false;        // speaks RESP2, which has an array where RESP3 has a map
  bool subscriber = false;  // the connection is subscribed in RESP2, where PING has an answer of its own
};

/// The answers to HELLO 3, and to the n-th probe, one frame each.
std::string hello(const Node& node = {});
std::vector<std::string> probe_answers(std::uint64_t nonce, const Node& node = {});
/// The answers to a barrier.
std::string barrier_answer(std::uint64_t tag, const Node& node = {});
std::string joined(const std::vector<std::string>& frames);
/// What a polite node answers to HELLO, SELECT, CLIENT, SUBSCRIBE and the parts of probes, one frame each; `text` as
/// `spoken` tells it.
std::vector<std::string> answers_to(std::string_view text, const Node& node);
/// The message by which a RESP2 subscriber hears of keys: `payload` is a frame.
std::string message(std::string_view payload, std::string_view channel = "__redis__:invalidate");
std::string array_of(const std::vector<std::string>& keys);

/// Commands as text: "GET k | PEXPIRETIME k".
std::string spoken(std::string_view bytes);
/// The probe with this nonce, and the barrier with this tag, as `spoken` tells them.
std::string probe_text(std::uint64_t nonce, int protocol = 3);
std::string barrier_text(std::uint64_t tag);
/// "SET k v" as a command.
Command command_of(std::string_view text);

}  // namespace trackside::testing
