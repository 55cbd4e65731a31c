// Commands hold their arguments already encoded, so that writing one is a header and one copy.
#include "trackside/command.hpp"

#include <limits>
#include <stdexcept>

#include "resp/writer.hpp"

namespace trackside {

namespace {

constexpr std::size_t digits_of(std::size_t number) noexcept {
  std::size_t digits = 1;
  for (; number >= 10; number /= 10) {
    ++digits;
  }
  return digits;
}

}  // namespace

Command::Command(std::span<const std::string_view> arguments) {
  std::size_t size = 0;
  for (const std::string_view argument : arguments) {
    size += argument.size() + digits_of(argument.size()) + 5;
  }
  bytes_.reserve(size);
  arguments_.reserve(arguments.size());
  for (const std::string_view argument : arguments) {
    add(argument);
  }
}

Command& Command::add(std::string_view argument) {
  const std::size_t header_size = 1 + digits_of(argument.size()) + 2;
  const std::size_t offset = bytes_.size() + header_size;
  if (argument.size() > std::numeric_limits<std::uint32_t>::max() ||
      offset + argument.size() + 2 > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("trackside::Command: more than 4 GiB");
  }
  arguments_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(argument.size())});
  resp::bulk(bytes_, argument);
  return *this;
}

std::string_view Command::operator[](std::size_t index) const noexcept {
  const Span span = arguments_[index];
  return {bytes_.data() + span.offset, span.length};
}

void Command::encode(std::string& out) const {
  resp::array_header(out, arguments_.size());
  out += bytes_;
}

std::size_t Command::encoded_size() const noexcept { return 1 + digits_of(arguments_.size()) + 2 + bytes_.size(); }

// The encoding of the arguments is unambiguous, so equal bytes are equal arguments.
bool operator==(const Command& left, const Command& right) noexcept { return left.bytes_ == right.bytes_; }

}  // namespace trackside
