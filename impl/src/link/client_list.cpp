#include "link/client_list.hpp"

#include <algorithm>

#include "resp/syntax.hpp"

namespace trackside::link {
namespace {

/// The value of "name=value" in a line of such words; names and addresses hold no blanks.
std::string_view field(std::string_view line, std::string_view name) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
      return word.substr(name.size() + 1);
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return {};
}

}  // namespace

std::vector<std::int64_t> redirecting_to(std::int64_t target, std::string_view client_list) {
  std::vector<std::int64_t> ids;
  while (!client_list.empty()) {
    const std::size_t end = std::min(client_list.find('\n'), client_list.size());
    const std::string_view line = client_list.substr(0, end);
    const auto id = resp::parse_integer(field(line, "id"));
    const bool tracks = field(line, "flags").find('t') != std::string_view::npos;
    if (id && tracks && resp::parse_integer(field(line, "redir")) == target) {
      ids.push_back(*id);
    }
    client_list.remove_prefix(std::min(end + 1, client_list.size()));
  }
  return ids;
}

}  // namespace trackside::link
