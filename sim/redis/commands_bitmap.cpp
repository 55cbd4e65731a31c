// Strings as arrays of bits: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP. Bit 0 is the highest of the first byte.
//
// SETBIT that changes neither the string's length nor the bit is no change.
#include <algorithm>
#include <bit>

#include "sim/redis/bits.hpp"
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

enum class Unit : std::uint8_t { byte, bit };

/// A stretch of bits; empty if `first` is behind `last`.
struct BitRange {
  std::int64_t first;
  std::int64_t last;
};

bool parse_unit(Context& context, std::size_t index, Unit& unit) {
  unit = context.argument_is(index, "bit") ? Unit::bit : Unit::byte;
  if (unit == Unit::bit || context.argument_is(index, "byte")) return true;
  context.reply.syntax_error();
  return false;
}

/// Negative positions count from the end of the string, in the unit given; the result lies within it.
BitRange bits_between(std::int64_t first, std::int64_t last, Unit unit, std::size_t bytes) {
  const auto total = static_cast<std::int64_t>(unit == Unit::bit ? 8 * bytes : bytes);
  if (first < 0) first = std::max<std::int64_t>(first + total, 0);
  if (last < 0) last = std::max<std::int64_t>(last + total, 0);
  last = std::min(last, total - 1);
  return unit == Unit::bit ? BitRange{first, last} : BitRange{8 * first, 8 * last + 7};
}

std::int64_t count_ones(std::string_view bytes, BitRange range) {
  std::int64_t ones = 0;
  for (std::int64_t place = range.first; place <= range.last;) {
    if (place % 8 == 0 && place + 7 <= range.last) {
      ones += std::popcount(static_cast<unsigned char>(bytes[static_cast<std::size_t>(place / 8)]));
      place += 8;
    } else {
      ones += bit_at(bytes, static_cast<std::uint64_t>(place)) ? 1 : 0;
      ++place;
    }
  }
  return ones;
}

std::int64_t find_bit(std::string_view bytes, BitRange range, bool wanted) {
  const char none = wanted ? '\0' : '\xff';
  for (std::int64_t place = range.first; place <= range.last;) {
    if (place % 8 == 0 && place + 7 <= range.last && bytes[static_cast<std::size_t>(place / 8)] == none) {
      place += 8;
      continue;
    }
    if (bit_at(bytes, static_cast<std::uint64_t>(place)) == wanted) return place;
    ++place;
  }
  return -1;
}

char combined(std::string_view operation, const std::vector<std::string>& operands, std::size_t index) {
  const auto byte_of = [&](const std::string& text) {
    return static_cast<unsigned char>(index < text.size() ? text[index] : '\0');
  };
  unsigned result = byte_of(operands.front());
  for (std::size_t other = 1; other < operands.size(); ++other) {
    const unsigned byte = byte_of(operands[other]);
    result = operation == "and" ? result & byte : operation == "or" ? result | byte : result ^ byte;
  }
  return static_cast<char>(operation == "not" ? ~result : result);
}

}  // namespace

void setbit(Context& context) {
  const std::optional<std::uint64_t> place = bit_offset(context, 2, 0);
  if (!place) return;
  const std::optional<std::int64_t> bit = parse_integer(context.argument(3));
  if (!bit || *bit < 0 || *bit > 1) return context.reply.error("ERR bit is not an integer or out of range");
  const std::string_view key = context.argument(1);
  Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  const bool before = found && bit_at(*found, *place);
  const bool grows = !found || found->size() <= *place / 8;
  if (grows || before != (*bit == 1)) {
    set_bit(context.writable(found, key), *place, *bit == 1);
    context.changed(key);
  }
  context.reply.integer(before ? 1 : 0);
}

void getbit(Context& context) {
  const std::optional<std::uint64_t> place = bit_offset(context, 2, 0);
  if (!place) return;
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (!found.refused) context.reply.integer(found && bit_at(*found, *place) ? 1 : 0);
}

void bitcount(Context& context) {
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (found.refused) return;
  if (!found) return context.reply.integer(0);
  const std::size_t count = context.argument_count();
  if (count == 2) return context.reply.integer(count_ones(*found, bits_between(0, -1, Unit::byte, found->size())));
  if (count == 3 || count > 5) return context.reply.syntax_error();
  const std::optional<std::int64_t> first = context.integer(2);
  const std::optional<std::int64_t> last = first ? context.integer(3) : std::nullopt;
  Unit unit = Unit::byte;
  if (!last || (count == 5 && !parse_unit(context, 4, unit))) return;
  if (*first < 0 && *last < 0 && *first > *last) return context.reply.integer(0);
  context.reply.integer(count_ones(*found, bits_between(*first, *last, unit, found->size())));
}

void bitpos(Context& context) {
  const std::optional<std::int64_t> bit = context.integer(2);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) return context.reply.error("ERR The bit argument must be 1 or 0.");
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (found.refused) return;
  if (!found) return context.reply.integer(*bit == 1 ? -1 : 0);
  const std::size_t count = context.argument_count();
  if (count > 6) return context.reply.syntax_error();
  const std::optional<std::int64_t> first = count >= 4 ? context.integer(3) : 0;
  if (!first) return;
  Unit unit = Unit::byte;
  if (count == 6 && !parse_unit(context, 5, unit)) return;
  const std::optional<std::int64_t> last = count >= 5 ? context.integer(4) : -1;
  if (!last) return;
  const BitRange range = bits_between(*first, *last, unit, found->size());
  if (range.first > range.last) return context.reply.integer(-1);
  const std::int64_t place = find_bit(*found, range, *bit == 1);
  // Without an end, a string of ones is followed by zeros.
  const bool followed_by_zeros = place < 0 && *bit == 0 && count < 5;
  context.reply.integer(followed_by_zeros ? static_cast<std::int64_t>(8 * found->size()) : place);
}

void bitop(Context& context) {
  const std::string operation = to_lower(context.argument(1));
  if (operation != "and" && operation != "or" && operation != "xor" && operation != "not")
    return context.reply.syntax_error();
  if (operation == "not" && context.argument_count() != 4)
    return context.reply.error("ERR BITOP NOT must be called with a single source key.");
  std::vector<std::string> operands;
  std::size_t length = 0;
  for (const std::string_view key : context.arguments.subspan(3)) {
    const Typed<String> operand = context.typed<String>(key);
    if (operand.refused) return;
    operands.push_back(operand ? *operand : String{});
    length = std::max(length, operands.back().size());
  }
  String result;
  for (std::size_t index = 0; index < length; ++index) result += combined(operation, operands, index);
  context.put_or_erase(context.argument(2), std::move(result));
  context.reply.integer(static_cast<std::int64_t>(length));
}

}  // namespace trackside::sim::redis::commands
