// HyperLogLogs: PFADD, PFCOUNT, PFMERGE, on strings of the real server's dense layout (it begins with a sparse one).
//
// PFCOUNT of one key notes the count in the string if it was not known, which counts as a change.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::size_t header_bytes = 16;
constexpr std::size_t cache_at = 8;
constexpr std::size_t stale_at = 15;  // the highest bit of this byte says that the count is not known
constexpr std::uint32_t index_bits = 14;
constexpr std::size_t register_count = std::size_t{1} << index_bits;
constexpr std::uint32_t rank_max = 64 - index_bits + 1;
constexpr std::uint32_t register_bits = 6;
constexpr std::size_t whole_bytes = header_bytes + register_count * register_bits / 8;

using Registers = std::array<std::uint8_t, register_count>;

std::string empty_log() {
  std::string bytes(whole_bytes, '\0');
  bytes.replace(0, 4, "HYLL");
  return bytes;
}

bool is_log(const std::string& bytes) { return bytes.size() == whole_bytes && bytes.starts_with("HYLL"); }

std::uint8_t register_at(const std::string& bytes, std::size_t index) {
  const std::size_t place = index * register_bits;
  const std::size_t byte = header_bytes + place / 8;
  const auto low = static_cast<unsigned char>(bytes[byte]);
  const auto high = static_cast<unsigned char>(byte + 1 < bytes.size() ? bytes[byte + 1] : '\0');
  return static_cast<std::uint8_t>((static_cast<unsigned>(low | high << 8) >> place % 8) & 63U);
}

void set_register(std::string& bytes, std::size_t index, std::uint8_t rank) {
  const std::size_t place = index * register_bits;
  const std::size_t byte = header_bytes + place / 8;
  for (std::size_t part = 0; part < 2 && byte + part < bytes.size(); ++part) {
    const unsigned mask = (63U << place % 8) >> 8 * part & 0xffU;
    const unsigned value = (static_cast<unsigned>(rank) << place % 8) >> 8 * part & 0xffU;
    const unsigned before = static_cast<unsigned char>(bytes[byte + part]);
    bytes[byte + part] = static_cast<char>((before & ~mask) | value);
  }
}

void forget_count(std::string& bytes) {
  bytes[stale_at] = static_cast<char>(static_cast<unsigned char>(bytes[stale_at]) | 0x80U);
}

/// MurmurHash64A, as the real server seeds it.
std::uint64_t hash_of_element(std::string_view text) {
  constexpr std::uint64_t factor = 0xc6a4a7935bd1e995U;
  constexpr std::uint64_t seed = 0xadc83b19U;
  std::uint64_t state = seed ^ (text.size() * factor);
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word = 0;
    for (std::size_t index = 0; index < 8; ++index)
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[index])) << 8 * index;
    word *= factor;
    word ^= word >> 47;
    state = (state ^ word * factor) * factor;
  }
  if (!text.empty()) {
    std::uint64_t rest = 0;
    for (std::size_t index = 0; index < text.size(); ++index)
      rest |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[index])) << 8 * index;
    state = (state ^ rest) * factor;
  }
  state ^= state >> 47;
  state *= factor;
  return state ^ state >> 47;
}

bool add(std::string& bytes, std::string_view element) {
  const std::uint64_t hash = hash_of_element(element);
  const std::size_t index = hash % register_count;
  std::uint64_t rest = hash >> index_bits | std::uint64_t{1} << (rank_max - 1);
  std::uint8_t rank = 1;
  for (; (rest & 1U) == 0; rest >>= 1) ++rank;
  if (register_at(bytes, index) >= rank) return false;
  set_register(bytes, index, rank);
  return true;
}

void merge(const std::string& bytes, Registers& registers) {
  for (std::size_t index = 0; index < register_count; ++index)
    registers[index] = std::max(registers[index], register_at(bytes, index));
}

double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; before != z;) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; before != z;) {
    before = z;
    x = std::sqrt(x);
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

/// Source: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches".
std::int64_t estimate(const Registers& registers) {
  constexpr double alpha = 0.721347520444481703680;
  constexpr auto m = static_cast<double>(register_count);
  std::array<std::size_t, 64> histogram{};
  for (const std::uint8_t rank : registers) ++histogram[rank];
  double z = m * tau((m - static_cast<double>(histogram[rank_max])) / m);
  for (std::uint32_t rank = rank_max - 1; rank >= 1; --rank) z = (z + static_cast<double>(histogram[rank])) * 0.5;
  z += m * sigma(static_cast<double>(histogram[0]) / m);
  return static_cast<std::int64_t>(std::llroundl(static_cast<long double>(alpha * m * m / z)));
}

/// What the key holds; refused, and answered, if it is no HyperLogLog.
Typed<String> log_of(Context& context, std::string_view key) {
  Typed<String> found = context.typed<String>(key);
  if (!found || is_log(*found)) return found;
  context.reply.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return {found.item, nullptr, true};
}

/// False once an error has been answered.
bool merge_all(Context& context, Arguments keys, Registers& registers) {
  for (const std::string_view key : keys) {
    const Typed<String> found = log_of(context, key);
    if (found.refused) return false;
    if (found) merge(*found, registers);
  }
  return true;
}

std::int64_t noted_count(const std::string& bytes) {
  std::uint64_t count = 0;
  for (std::size_t index = 0; index < 8; ++index)
    count |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[cache_at + index])) << 8 * index;
  return static_cast<std::int64_t>(count);
}

void note_count(std::string& bytes, std::int64_t count) {
  for (std::size_t index = 0; index < 8; ++index)
    bytes[cache_at + index] = static_cast<char>(static_cast<std::uint64_t>(count) >> 8 * index & 0xffU);
}

}  // namespace

void pfadd(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<String> found = log_of(context, key);
  if (found.refused) return;
  bool updated = !found;
  String& bytes = context.writable(found, key);
  if (updated) bytes = empty_log();
  for (const std::string_view element : context.arguments.subspan(2)) updated = add(bytes, element) || updated;
  if (updated) {
    forget_count(bytes);
    context.changed(key);
  }
  context.reply.integer(updated ? 1 : 0);
}

void pfcount(Context& context) {
  Registers registers{};
  if (context.argument_count() > 2) {
    if (merge_all(context, context.arguments.subspan(1), registers)) context.reply.integer(estimate(registers));
    return;
  }
  const std::string_view key = context.argument(1);
  Typed<String> found = log_of(context, key);
  if (found.refused) return;
  if (!found) return context.reply.integer(0);
  if ((static_cast<unsigned char>((*found)[stale_at]) & 0x80U) == 0)
    return context.reply.integer(noted_count(*found));
  merge(*found, registers);
  const std::int64_t count = estimate(registers);
  note_count(context.writable(found, key), count);
  context.changed(key);
  context.reply.integer(count);
}

void pfmerge(Context& context) {
  Registers registers{};
  if (!merge_all(context, context.arguments.subspan(1), registers)) return;
  const std::string_view key = context.argument(1);
  Typed<String> found = context.typed<String>(key);
  String& bytes = context.writable(found, key);
  if (bytes.empty()) bytes = empty_log();
  for (std::size_t index = 0; index < register_count; ++index) set_register(bytes, index, registers[index]);
  forget_count(bytes);
  context.changed(key);
  context.reply.ok();
}

}  // namespace trackside::sim::redis::commands
