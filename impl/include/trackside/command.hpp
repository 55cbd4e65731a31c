// A command as it goes over the wire: an array of binary-safe arguments, encoded once.
// Source: https://redis.io/docs/reference/protocol-spec/ (clients send arrays of bulk strings).
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <boost/container/small_vector.hpp>

namespace trackside {

class Command {
 public:
  Command() = default;
  /// Command{"SET", key, value}. Not an initializer list: g++ 12 cannot compile one inside a co_await expression.
  template <std::convertible_to<std::string_view>... Arguments>
    requires(sizeof...(Arguments) > 0)
  Command(const Arguments&... arguments)  // NOLINT: {"PING"} is a command
      : Command(std::span<const std::string_view>{
            std::array<std::string_view, sizeof...(Arguments)>{std::string_view{arguments}...}}) {}
  explicit Command(std::span<const std::string_view> arguments);

  /// Adds an argument at the end. Throws std::length_error when the command would exceed 4 GiB.
  Command& add(std::string_view argument);

  /// How many arguments there are, the command's name included.
  std::size_t size() const noexcept { return arguments_.size(); }
  bool empty() const noexcept { return arguments_.empty(); }
  /// The view lives as long as this command is neither changed nor moved.
  std::string_view operator[](std::size_t index) const noexcept;

  /// Appends the RESP encoding of the whole command.
  void encode(std::string& out) const;
  std::size_t encoded_size() const noexcept;

  friend bool operator==(const Command& left, const Command& right) noexcept;

 private:
  struct Span {
    std::uint32_t offset;
    std::uint32_t length;
  };
  std::string bytes_;  // each argument as a RESP bulk string, so that encoding is a header and one copy
  boost::container::small_vector<Span, 6> arguments_;
};

}  // namespace trackside
