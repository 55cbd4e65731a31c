// Walks the frames of a reply stream, line by line; see normalise.hpp for what is replaced.
#include "properties/integration/normalise.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace trackside::testing {
namespace {

constexpr std::string_view line_end = "\r\n";

std::optional<std::string> name_of_client(std::int64_t id, const std::vector<std::int64_t>& client_ids) {
  const auto client = std::find(client_ids.begin(), client_ids.end(), id);
  if (client == client_ids.end()) return {};
  return "client-" + std::to_string(client - client_ids.begin());
}

std::int64_t number_in(std::string_view text) { return std::strtoll(std::string{text}.c_str(), nullptr, 10); }

std::string normalised_integer(std::int64_t number, const std::vector<std::int64_t>& client_ids) {
  if (const auto client = name_of_client(number, client_ids)) return *client;
  if (number > -100'000 && number < 100'000) return std::to_string(number);
  std::array<char, 32> rounded{};
  std::snprintf(rounded.data(), rounded.size(), "about %.4e", static_cast<double>(number));
  return rounded.data();
}

/// Cuts off and returns what stands before `separator`, or everything.
std::string_view take_until(std::string_view& text, std::string_view separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + separator.size());
  return taken;
}

/// One line of CLIENT LIST; empty for a client that takes no part.
std::string normalised_client(std::string_view line, const std::vector<std::int64_t>& client_ids) {
  constexpr std::array kept{std::string_view{"name"},  std::string_view{"flags"}, std::string_view{"db"},
                            std::string_view{"sub"},   std::string_view{"psub"},  std::string_view{"ssub"},
                            std::string_view{"multi"}, std::string_view{"cmd"},   std::string_view{"user"},
                            std::string_view{"resp"}};
  std::string result;
  while (!line.empty()) {
    std::string_view value = take_until(line, " ");
    const std::string_view name = take_until(value, "=");
    result += std::string{name} + "=";
    if (name == "id") {
      const auto client = name_of_client(number_in(value), client_ids);
      if (!client) return {};
      result += *client;
    } else if (name == "redir") {
      result += normalised_integer(number_in(value), client_ids);
    } else if (std::find(kept.begin(), kept.end(), name) != kept.end()) {
      result += value;
    }
    result += ' ';
  }
  return result + "\n";
}

/// A line of CLUSTER NODES without the two times.
std::string normalised_node(std::string_view line) {
  std::string result;
  for (int field = 0; field < 4; ++field) result += std::string{take_until(line, " ")} + " ";
  take_until(line, " ");
  take_until(line, " ");
  return result + std::string{line} + "\n";
}

bool is_list_of_nodes(std::string_view body) {
  constexpr std::size_t id_length = 40;
  return body.size() > id_length && body[id_length] == ' ' && body.find('@') < body.find('\n');
}

/// Sorted: the real server's order is that of a hash table.
std::string normalised_nodes(std::string_view body) {
  std::vector<std::string> lines;
  while (!body.empty()) lines.push_back(normalised_node(take_until(body, "\n")));
  std::sort(lines.begin(), lines.end());
  std::string result;
  for (const std::string& line : lines) result += line;
  return result;
}

/// A bulk string's or verbatim text's header and body.
std::string normalised_bulk(std::string_view header, std::string_view body,
                            const std::vector<std::int64_t>& client_ids) {
  constexpr std::string_view verbatim = "txt:";
  const std::string_view prefix = body.starts_with(verbatim) ? verbatim : std::string_view{};
  if (is_list_of_nodes(body.substr(prefix.size())))
    return std::string{header.substr(0, 1)} + "nodes" + std::string{line_end} + std::string{prefix} +
           normalised_nodes(body.substr(prefix.size()));
  if (body == "raw" || body == "embstr" || body == "int")
    return std::string{header.substr(0, 1)} + "encoding of a string";
  if (!body.substr(prefix.size()).starts_with("id="))
    return std::string{header} + std::string{line_end} + std::string{body};
  std::string lines;
  body.remove_prefix(prefix.size());
  while (!body.empty()) lines += normalised_client(take_until(body, "\n"), client_ids);
  return std::string{header.substr(0, 1)} + "clients" + std::string{line_end} + std::string{prefix} + lines;
}

/// Puts the topics of consecutive frames with this end of a header in order; their counts stay where they are.
std::string in_order_of_topics(const std::string& replies, std::string_view header_end) {
  std::string result;
  std::string_view rest = replies;
  while (!rest.empty()) {
    std::vector<std::string> topics;
    std::vector<std::string> counts;
    const char kind = rest.front();
    while (rest.substr(std::min<std::size_t>(rest.size(), 1)).starts_with(header_end)) {
      rest.remove_prefix(1 + header_end.size());
      std::string topic{take_until(rest, line_end)};
      if (topic.starts_with('$') && topic != "$-1") topic += ' ' + std::string{take_until(rest, line_end)};
      topics.push_back(std::move(topic));
      counts.emplace_back(take_until(rest, line_end));
    }
    std::sort(topics.begin(), topics.end());
    for (std::size_t index = 0; index < topics.size(); ++index)
      result += std::string{kind} + std::string{header_end} + topics[index] + " " + counts[index] + "\r\n";
    if (topics.empty()) result += std::string{take_until(rest, line_end)} + std::string{line_end};
  }
  return result;
}

}  // namespace

std::string normalise(std::string_view replies, const std::vector<std::int64_t>& client_ids) {
  std::string result;
  while (!replies.empty()) {
    if (replies.find(line_end) == std::string_view::npos) {
      result += replies;  // "<closed>"
      break;
    }
    const std::string_view line = take_until(replies, line_end);
    const bool has_body = (line.starts_with('$') || line.starts_with('=')) && !line.starts_with("$-");
    if (has_body) {
      const auto length = static_cast<std::size_t>(number_in(line.substr(1)));
      result += normalised_bulk(line, replies.substr(0, length), client_ids);
      replies.remove_prefix(std::min(length + line_end.size(), replies.size()));
    } else if (line.starts_with(':')) {
      result += ':' + normalised_integer(number_in(line.substr(1)), client_ids);
    } else {
      result += line;
    }
    result += line_end;
  }
  result = in_order_of_topics(result, "3\r\n$11\r\nunsubscribe\r\n");
  return in_order_of_topics(result, "3\r\n$12\r\nsunsubscribe\r\n");
}

}  // namespace trackside::testing
