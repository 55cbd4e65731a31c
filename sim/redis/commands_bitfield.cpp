// BITFIELD and BITFIELD_RO: integers of 1 to 64 bits at any place of a string.
//
// All operations are read before the first is done; what they do they do in order.
#include <algorithm>

#include "sim/redis/bits.hpp"
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis {

std::optional<std::uint64_t> bit_offset(Context& context, std::size_t index, std::int64_t field_bits) {
  constexpr std::int64_t bytes_max = std::int64_t{512} * 1024 * 1024;
  std::string_view text = context.argument(index);
  const bool in_fields = field_bits != 0 && text.starts_with('#');
  if (in_fields) text.remove_prefix(1);
  std::optional<std::int64_t> place = parse_integer(text);
  std::int64_t scaled = 0;
  if (place && __builtin_mul_overflow(*place, in_fields ? field_bits : 1, &scaled)) place.reset();
  if (place && scaled >= 0 && scaled / 8 < bytes_max) return static_cast<std::uint64_t>(scaled);
  context.reply.error("ERR bit offset is not an integer or out of range");
  return {};
}

namespace commands {
namespace {

enum class Overflow : std::uint8_t { wrap, saturate, fail };

struct FieldOperation {
  enum class Kind : std::uint8_t { get, set, increment } kind;
  bool is_signed;
  std::uint32_t bits;
  std::uint64_t place;
  std::int64_t operand;
  Overflow overflow;
};

using Kind = FieldOperation::Kind;
__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 WideBits;

/// "i16", "u8"; false once an error has been answered.
bool parse_type(Context& context, std::size_t index, FieldOperation& operation) {
  const std::string_view text = context.argument(index);
  operation.is_signed = text.starts_with('i');
  const std::optional<std::int64_t> bits = text.empty() ? std::nullopt : parse_integer(text.substr(1));
  const bool known = operation.is_signed || text.starts_with('u');
  if (known && bits && *bits >= 1 && *bits <= (operation.is_signed ? 64 : 63)) {
    operation.bits = static_cast<std::uint32_t>(*bits);
    return true;
  }
  context.reply.error(
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
  return false;
}

bool parse_overflow(Context& context, std::size_t index, Overflow& overflow) {
  if (context.argument_is(index, "wrap")) overflow = Overflow::wrap;
  else if (context.argument_is(index, "sat")) overflow = Overflow::saturate;
  else if (context.argument_is(index, "fail")) overflow = Overflow::fail;
  else {
    context.reply.error("ERR Invalid OVERFLOW type specified");
    return false;
  }
  return true;
}

/// Nothing once an error has been answered.
std::optional<std::vector<FieldOperation>> parse(Context& context) {
  std::vector<FieldOperation> operations;
  Overflow overflow = Overflow::wrap;
  for (std::size_t index = 2; index < context.argument_count();) {
    const std::size_t more = context.argument_count() - index - 1;
    FieldOperation operation{};
    if (context.argument_is(index, "overflow") && more >= 1) {
      if (!parse_overflow(context, index + 1, overflow)) return {};
      index += 2;
      continue;
    }
    if (context.argument_is(index, "get") && more >= 2) operation.kind = Kind::get;
    else if (context.argument_is(index, "set") && more >= 3) operation.kind = Kind::set;
    else if (context.argument_is(index, "incrby") && more >= 3) operation.kind = Kind::increment;
    else return context.reply.syntax_error(), std::nullopt;
    if (!parse_type(context, index + 1, operation)) return {};
    const std::optional<std::uint64_t> place = bit_offset(context, index + 2, operation.bits);
    if (!place) return {};
    operation.place = *place;
    operation.overflow = overflow;
    if (operation.kind != Kind::get) {
      const std::optional<std::int64_t> operand = context.integer(index + 3);
      if (!operand) return {};
      operation.operand = *operand;
    }
    operations.push_back(operation);
    index += operation.kind == Kind::get ? 3 : 4;
  }
  return operations;
}

std::int64_t value_of(std::string_view bytes, const FieldOperation& field) {
  std::uint64_t value = 0;
  for (std::uint32_t bit = 0; bit < field.bits; ++bit)
    value = value << 1 | (bit_at(bytes, field.place + bit) ? 1U : 0U);
  const bool negative = field.is_signed && field.bits < 64 && (value >> (field.bits - 1) & 1U) != 0;
  return static_cast<std::int64_t>(negative ? value | ~std::uint64_t{0} << field.bits : value);
}

void store(std::string& bytes, const FieldOperation& field, std::int64_t value) {
  for (std::uint32_t bit = 0; bit < field.bits; ++bit)
    set_bit(bytes, field.place + bit, (static_cast<std::uint64_t>(value) >> (field.bits - 1 - bit) & 1U) != 0);
}

/// `wide` as the field can hold it; nothing if it overflows and that is to fail.
std::optional<std::int64_t> fitted(const FieldOperation& field, Wide wide) {
  const Wide one = 1;
  const Wide high = field.is_signed ? (one << (field.bits - 1)) - 1 : (one << field.bits) - 1;
  const Wide low = field.is_signed ? -(one << (field.bits - 1)) : 0;
  if (wide >= low && wide <= high) return static_cast<std::int64_t>(wide);
  if (field.overflow == Overflow::fail) return {};
  if (field.overflow == Overflow::saturate) return static_cast<std::int64_t>(wide > high ? high : low);
  const auto wrapped = static_cast<WideBits>(wide) & ((static_cast<WideBits>(1) << field.bits) - 1);
  const bool negative = field.is_signed && (wrapped >> (field.bits - 1) & 1U) != 0;
  const auto value = static_cast<Wide>(wrapped);
  return static_cast<std::int64_t>(negative ? value - (one << field.bits) : value);
}

/// An operand of SET is the field's 64 bits as they are: a negative one is huge in an unsigned field.
Wide wanted(const FieldOperation& field, std::int64_t before) {
  if (field.kind == Kind::increment) return static_cast<Wide>(before) + field.operand;
  if (field.is_signed) return field.operand;
  return static_cast<Wide>(static_cast<std::uint64_t>(field.operand));
}

void run(Context& context, const std::vector<FieldOperation>& operations) {
  const std::string_view key = context.argument(1);
  Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  std::uint64_t bytes_needed = 0;
  for (const FieldOperation& field : operations)
    if (field.kind != Kind::get) bytes_needed = std::max(bytes_needed, (field.place + field.bits - 1) / 8 + 1);
  bool changed = false;
  if (bytes_needed != 0 && (!found || found->size() < bytes_needed)) {
    context.writable(found, key).resize(bytes_needed);
    changed = true;
  }
  context.reply.array(operations.size());
  for (const FieldOperation& field : operations) {
    const std::int64_t before = value_of(found ? std::string_view{*found} : std::string_view{}, field);
    if (field.kind == Kind::get) {
      context.reply.integer(before);
      continue;
    }
    const std::optional<std::int64_t> after = fitted(field, wanted(field, before));
    if (!after) {
      context.reply.null();
      continue;
    }
    context.reply.integer(field.kind == Kind::set ? before : *after);
    changed = changed || *after != before;
    store(context.writable(found, key), field, *after);
  }
  if (changed) context.changed(key);
}

}  // namespace

void bitfield(Context& context) {
  if (const std::optional<std::vector<FieldOperation>> operations = parse(context)) run(context, *operations);
}

void bitfield_ro(Context& context) {
  const std::optional<std::vector<FieldOperation>> operations = parse(context);
  if (!operations) return;
  if (std::any_of(operations->begin(), operations->end(), [](const auto& field) { return field.kind != Kind::get; }))
    return context.reply.error("ERR BITFIELD_RO only supports the GET subcommand");
  run(context, *operations);
}

}  // namespace commands
}  // namespace trackside::sim::redis
