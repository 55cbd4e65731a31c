#include "properties/conversation.hpp"

namespace trackside::testing {

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string{text} + "\r\n";
}

std::string invalidation(const std::vector<std::string>& keys) {
  std::string push = ">2\r\n" + bulk("invalidate") + "*" + std::to_string(keys.size()) + "\r\n";
  for (const std::string& key : keys) {
    push += bulk(key);
  }
  return push;
}

std::string hello(const Node& node) {
  return "%7\r\n" + bulk("server") + bulk("redis") + bulk("version") + bulk(node.version) + bulk("proto") + ":" +
         std::to_string(node.protocol) + "\r\n" + bulk("id") + ":" + std::to_string(node.id) + "\r\n" + bulk("mode") +
         bulk(node.mode) + bulk("role") + bulk(node.role) + bulk("modules") + "*0\r\n";
}

static std::string histogram(const Node& node) {
  return node.swaps == 0 ? "%0\r\n"
                         : "%1\r\n" + bulk("swapdb") + "%2\r\n" + bulk("calls") + ":" + std::to_string(node.swaps) +
                               "\r\n" + bulk("histogram_usec") + "%0\r\n";
}

std::string barrier_answer(std::uint64_t tag, const Node& node) {
  return histogram(node) + bulk("trackside:" + std::to_string(tag));
}

std::vector<std::string> probe_answers(std::uint64_t nonce, const Node& node) {
  return {bulk("trackside:" + std::to_string(nonce)), hello(node),
          "*2\r\n" + bulk(std::to_string(node.seconds)) + bulk("0"), histogram(node)};
}

std::string joined(const std::vector<std::string>& frames) {
  std::string all;
  for (const std::string& frame : frames) {
    all += frame;
  }
  return all;
}

std::string spoken(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto number = [&bytes] {
      const std::size_t end = bytes.find("\r\n");
      const std::size_t value = std::stoul(std::string{bytes.substr(1, end - 1)});
      bytes.remove_prefix(end + 2);
      return value;
    };
    text += text.empty() ? "" : " | ";
    const std::size_t words = number();
    for (std::size_t word = 0; word < words; ++word) {
      const std::size_t length = number();
      text += (word == 0 ? "" : " ") + std::string{bytes.substr(0, length)};
      bytes.remove_prefix(length + 2);
    }
  }
  return text;
}

std::string probe_text(std::uint64_t nonce) {
  return "PING trackside:" + std::to_string(nonce) + " | HELLO 3 | TIME | LATENCY HISTOGRAM swapdb";
}

std::string barrier_text(std::uint64_t tag) {
  return "LATENCY HISTOGRAM swapdb | PING trackside:" + std::to_string(tag);
}

Command command_of(std::string_view text) {
  Command command;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    command.add(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return command;
}

}  // namespace trackside::testing
