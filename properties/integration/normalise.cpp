// Walks the frames of a reply stream, line by line; see normalise.hpp for what is replaced.
#include "properties/integration/normalise.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace trackside::testing {
namespace {

std::string normalised_integer(std::int64_t number, const std::vector<std::int64_t>& client_ids) {
  const auto client = std::find(client_ids.begin(), client_ids.end(), number);
  if (client != client_ids.end()) return "client-" + std::to_string(client - client_ids.begin());
  if (number > -100'000 && number < 100'000) return std::to_string(number);
  std::array<char, 32> rounded{};
  std::snprintf(rounded.data(), rounded.size(), "about %.4e", static_cast<double>(number));
  return rounded.data();
}

}  // namespace

std::string normalise(std::string_view replies, const std::vector<std::int64_t>& client_ids) {
  std::string result;
  while (!replies.empty()) {
    const std::size_t end = replies.find("\r\n");
    if (end == std::string_view::npos) return result + std::string{replies};
    const std::string_view line = replies.substr(0, end);
    replies.remove_prefix(end + 2);
    if (line.starts_with(':')) {
      result += ':' + normalised_integer(std::strtoll(std::string{line.substr(1)}.c_str(), nullptr, 10), client_ids);
    } else {
      result += line;
    }
    result += "\r\n";
    if (!line.starts_with('$') && !line.starts_with('=')) continue;
    const long length = std::strtol(std::string{line.substr(1)}.c_str(), nullptr, 10);
    if (length < 0) continue;
    const std::string_view body = replies.substr(0, static_cast<std::size_t>(length) + 2);
    result += body;
    replies.remove_prefix(body.size());
  }
  return result;
}

}  // namespace trackside::testing
