// Both halves of the table as one, and an open-addressing index over it built by the compiler.
#include "client/command_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include "client/data_commands.hpp"
#include "client/server_commands.hpp"

namespace trackside::client {
namespace {

consteval auto build_rows() {
  std::array<CommandInfo, std::size(table::data_commands) + std::size(table::server_commands)> rows{};
  const auto middle = std::copy(std::begin(table::data_commands), std::end(table::data_commands), rows.begin());
  std::copy(std::begin(table::server_commands), std::end(table::server_commands), middle);
  return rows;
}
constexpr auto rows = build_rows();

constexpr int bucket_bits = 10;  // sparse enough for short probes
constexpr std::size_t bucket_count = std::size_t{1} << bucket_bits;

/// Of the length and six letters, whatever the length: a hit in the cache waits for this. They tell all names apart but
/// a few, such as ACL GETUSER and ACL SETUSER, which stand side by side then.
constexpr std::size_t bucket_of(std::string_view name) {
  const std::size_t size = name.size();
  const std::size_t letters[] = {0, size / 4, size / 2, size * 3 / 4, size - (size > 1 ? 2 : 1), size - 1};
  std::uint64_t bits = size;
  for (const std::size_t at : letters) {
    bits = bits << 8 | static_cast<unsigned char>(name[at]);
  }
  return static_cast<std::size_t>(bits * 0x9e3779b97f4a7c15u >> (64 - bucket_bits));
}

/// Row numbers plus one; 0 is an empty bucket.
consteval std::array<std::uint16_t, bucket_count> build_buckets() {
  std::array<std::uint16_t, bucket_count> buckets{};
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::size_t at = bucket_of(rows[row].name);
    while (buckets[at] != 0) {
      at = (at + 1) % bucket_count;
    }
    buckets[at] = static_cast<std::uint16_t>(row + 1);
  }
  return buckets;
}
constexpr auto buckets = build_buckets();

}  // namespace

std::span<const CommandInfo> command_table() { return rows; }

const CommandInfo* find_command(std::string_view upper_name) {
  for (std::size_t at = bucket_of(upper_name); buckets[at] != 0; at = (at + 1) % bucket_count) {
    const CommandInfo& candidate = rows[buckets[at] - 1];
    if (candidate.name == upper_name) {
      return &candidate;
    }
  }
  return nullptr;
}

}  // namespace trackside::client
