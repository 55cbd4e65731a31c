#include "properties/impl/conversation.hpp"

#include <algorithm>

namespace trackside::testing {

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string{text} + "\r\n";
}

std::string array_of(const std::vector<std::string>& keys) {
  std::string array = "*" + std::to_string(keys.size()) + "\r\n";
  for (const std::string& key : keys) {
    array += bulk(key);
  }
  return array;
}

std::string invalidation(const std::vector<std::string>& keys) {
  return ">2\r\n" + bulk("invalidate") + array_of(keys);
}

std::string message(std::string_view payload, std::string_view channel) {
  return "*3\r\n" + bulk("message") + bulk(channel) + std::string{payload};
}

/// The head of a map with so many pairs.
static std::string map_of(int pairs, const Node& node) {
  return (node.flat ? "*" + std::to_string(2 * pairs) : "%" + std::to_string(pairs)) + "\r\n";
}

std::string hello(const Node& node) {
  return map_of(7, node) + bulk("server") + bulk("redis") + bulk("version") + bulk(node.version) + bulk("proto") + ":" +
         std::to_string(node.protocol) + "\r\n" + bulk("id") + ":" + std::to_string(node.id) + "\r\n" + bulk("mode") +
         bulk(node.mode) + bulk("role") + bulk(node.role) + bulk("modules") + "*0\r\n";
}

static std::string histogram(const Node& node) {
  return node.swaps == 0 ? map_of(0, node)
                         : map_of(1, node) + bulk("swapdb") + map_of(2, node) + bulk("calls") + ":" +
                               std::to_string(node.swaps) + "\r\n" + bulk("histogram_usec") + map_of(0, node);
}

static std::string pong(std::string_view text, const Node& node) {
  return node.subscriber ? "*2\r\n" + bulk("pong") + bulk(text) : bulk(text);
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

std::vector<std::string> answers_to(std::string_view text, const Node& node) {
  std::vector<std::string> answers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(" | "), text.size());
    const std::string_view command = text.substr(0, end);
    text.remove_prefix(std::min(end + 3, text.size()));
    if (command.starts_with("HELLO")) {
      answers.push_back(hello(node));
    } else if (command.starts_with("PING")) {
      answers.push_back(pong(command.substr(5), node));
    } else if (command == "TIME") {
      answers.push_back("*2\r\n" + bulk(std::to_string(node.seconds)) + bulk("0"));
    } else if (command.starts_with("LATENCY")) {
      answers.push_back(histogram(node));
    } else if (command.starts_with("SUBSCRIBE")) {
      answers.push_back("*3\r\n" + bulk("subscribe") + bulk(command.substr(10)) + ":1\r\n");
    } else {
      answers.push_back(ok);
    }
  }
  return answers;
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

std::string probe_text(std::uint64_t nonce, int protocol) {
  return "PING trackside:" + std::to_string(nonce) + " | HELLO " + std::to_string(protocol) +
         " | TIME | LATENCY HISTOGRAM swapdb";
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
