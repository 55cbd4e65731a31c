// A small, forgiving reader of RESP frames for messages. It judges nothing: what is not a frame is shown as bytes.
#include "model/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace trackside::model {
namespace {

constexpr std::size_t longest_value = 32;
constexpr std::size_t longest_text = 96;
constexpr int deepest = 6;
constexpr std::int64_t most_elements = 4;

std::string quoted(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char byte : bytes.substr(0, longest_value)) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      text += '\\';
      text += byte;
    } else if (byte == '\r') {
      text += "\\r";
    } else if (byte == '\n') {
      text += "\\n";
    } else if (value < 0x20 || value >= 0x7f) {
      text += "\\x";
      text += digits[value >> 4];
      text += digits[value & 15];
    } else {
      text += byte;
    }
  }
  if (bytes.size() <= longest_value) return text + '"';
  return text + "...\" (" + std::to_string(bytes.size()) + " bytes)";
}

class Reader {
 public:
  explicit Reader(std::string_view frame) : rest_(frame) {}

  /// Nothing if the bytes are not exactly one frame.
  std::optional<std::string> whole() {
    auto text = value(0);
    return rest_.empty() ? text : std::nullopt;
  }

 private:
  std::optional<std::string_view> line() {
    const auto end = rest_.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return found;
  }

  static std::optional<std::int64_t> number(std::string_view digits) {
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    if (digits == "-1") return -1;
    const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
    if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    return std::strtoll(std::string{digits}.c_str(), nullptr, 10);
  }

  std::optional<std::string> value(int depth) {
    if (rest_.empty() || depth > deepest) return std::nullopt;
    const char type = rest_.front();
    rest_.remove_prefix(1);
    const auto head = line();
    if (!head) return std::nullopt;
    switch (type) {
      case '+': return std::string{*head};
      case '-': return "(error) " + std::string{*head};
      case ':': case ',': case '(': return std::string{*head};
      case '#': return std::string{*head == "t" ? "true" : "false"};
      case '_': return std::string{"nil"};
      case '$': case '=': case '!': return bulk(*head, type);
      case '*': case '~': case '>': return aggregate(*head, depth, "[", "]");
      case '%': return aggregate(*head, depth, "{", "}");
      default: return std::nullopt;
    }
  }

  std::optional<std::string> bulk(std::string_view head, char type) {
    const auto length = number(head);
    if (!length) return std::nullopt;
    if (*length < 0) return "nil";
    const auto size = static_cast<std::size_t>(*length);
    if (rest_.size() < size + 2 || rest_.substr(size, 2) != "\r\n") return std::nullopt;
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    return type == '!' ? "(error) " + std::string{bytes} : quoted(bytes);
  }

  std::optional<std::string> aggregate(std::string_view head, int depth, std::string_view open,
                                       std::string_view close) {
    const auto length = number(head);
    if (!length) return std::nullopt;
    if (*length < 0) return "nil";
    const bool map = open == "{";
    std::string text{open};
    for (std::int64_t index = 0; index < *length; ++index) {
      auto element = value(depth + 1);
      if (!element) return std::nullopt;
      if (map) {
        const auto mapped = value(depth + 1);
        if (!mapped) return std::nullopt;
        *element += ": " + *mapped;
      }
      if (index < most_elements) text += (index == 0 ? "" : ", ") + *element;
    }
    if (*length > most_elements) text += ", ... " + std::to_string(*length - most_elements) + " more";
    return text.append(close);
  }

  std::string_view rest_;
};

}  // namespace

std::string seconds(Instant instant) {
  if (instant == end_of_time) return "the end";
  // Negated only as unsigned: the smallest instant has no positive counterpart.
  const bool negative = instant < 0;
  const auto magnitude = negative ? -static_cast<std::uint64_t>(instant) : static_cast<std::uint64_t>(instant);
  auto fraction = std::to_string(magnitude % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (fraction.size() > 3 && fraction.ends_with("000")) fraction.resize(fraction.size() - 3);
  return (negative ? "-" : "") + std::to_string(magnitude / 1'000'000'000) + "." + fraction + " s";
}

std::string readable(std::string_view frame) {
  auto text = Reader{frame}.whole().value_or(quoted(frame));
  if (text.size() > longest_text) text = text.substr(0, longest_text) + "...";
  return text;
}

}  // namespace trackside::model
