#include "cluster/topology.hpp"

#include <algorithm>
#include <charconv>

#include "cluster/redirection.hpp"
#include "resp/slot.hpp"

namespace trackside::cluster {
namespace {

std::vector<std::string_view> words_of(std::string_view line, char separator) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t end = line.find(separator);
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(end + 1);
  }
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// "100" or "100-200". What is open for migration ("[100->-id]") is no claim of its own.
bool read_slots(std::string_view word, std::vector<SlotRange>& slots) {
  if (word.starts_with('[')) {
    return true;
  }
  const std::size_t dash = word.find('-');
  SlotRange range{};
  const std::string_view last = dash == std::string_view::npos ? word : word.substr(dash + 1);
  if (!read_number(word.substr(0, dash), range.first) || !read_number(last, range.second) ||
      range.first > range.second || range.second >= resp::slot_count) {
    return false;
  }
  slots.push_back(range);
  return true;
}

bool has(std::string_view flags, std::string_view wanted) {
  for (const std::string_view flag : words_of(flags, ',')) {
    if (flag == wanted) {
      return true;
    }
  }
  return false;
}

/// id ip:port@bus[,hostname] flags primary ping-sent pong-received config-epoch link-state slots...
bool read_line(std::string_view line, const Endpoint& answered_by, std::vector<NodeClaim>& nodes) {
  constexpr std::size_t words_before_slots = 8;
  const auto words = words_of(line, ' ');
  NodeClaim node{};
  if (words.size() < words_before_slots || !read_number(words[6], node.config_epoch)) {
    return false;
  }
  const std::string_view flags = words[2];
  node.id = words[0];
  node.primary_id = words[3] == "-" ? std::string_view{} : words[3];
  node.is_primary = has(flags, "master");
  node.is_suspected = has(flags, "fail?") || has(flags, "fail");
  for (std::size_t at = words_before_slots; at < words.size(); ++at) {
    if (!read_slots(words[at], node.slots)) {
      return false;
    }
  }
  const auto endpoint = read_address(words[1].substr(0, words[1].find('@')), answered_by);
  if (endpoint && !has(flags, "noaddr") && !has(flags, "handshake")) {
    node.endpoint = *endpoint;
    nodes.push_back(std::move(node));
  }
  return true;
}

}  // namespace

std::optional<std::vector<NodeClaim>> read_nodes(std::string_view text, const Endpoint& answered_by) {
  std::vector<NodeClaim> nodes;
  if (text.size() > text_max) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && (nodes.size() == nodes_max || !read_line(line, answered_by, nodes))) {
      return std::nullopt;
    }
  }
  std::size_t claimed = 0;
  for (const NodeClaim& node : nodes) {
    for (const auto& [first, last] : node.slots) {
      claimed += static_cast<std::size_t>(last - first) + 1;
    }
  }
  return claimed <= resp::slot_count ? std::optional{std::move(nodes)} : std::nullopt;
}

}  // namespace trackside::cluster
