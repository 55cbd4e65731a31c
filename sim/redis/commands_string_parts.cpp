// Strings as numbers and as ranges of bytes: INCR and family, APPEND, GETRANGE, SETRANGE, STRLEN.
//
// These keep the key's expiry. All count as changes even when the bytes stay the same; an error changes nothing.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::int64_t string_bytes_max = std::int64_t{512} * 1024 * 1024;

void increment_by(Context& context, std::int64_t increment) {
  const std::string_view key = context.argument(1);
  Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  const std::optional<std::int64_t> present = found ? parse_integer(*found) : 0;
  if (!present) return context.reply.not_an_integer();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*present, increment, &sum))
    return context.reply.error("ERR increment or decrement would overflow");
  context.writable(found, key) = std::to_string(sum);
  context.changed(key);
  context.reply.integer(sum);
}

}  // namespace

void incr(Context& context) { increment_by(context, 1); }
void decr(Context& context) { increment_by(context, -1); }

void incrby(Context& context) {
  if (const std::optional<std::int64_t> increment = context.integer(2)) increment_by(context, *increment);
}

void decrby(Context& context) {
  const std::optional<std::int64_t> decrement = context.integer(2);
  if (!decrement) return;
  if (*decrement == std::numeric_limits<std::int64_t>::min())
    return context.reply.error("ERR decrement would overflow");
  increment_by(context, -*decrement);
}

void incrbyfloat(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  const std::optional<long double> present = found ? parse_long_double(*found) : 0.0L;
  if (!present) return context.reply.not_a_float();
  const std::optional<long double> increment = parse_long_double(context.argument(2));
  if (!increment) return context.reply.not_a_float();
  const long double sum = *present + *increment;
  if (std::isnan(sum) || std::isinf(sum)) return context.reply.error("ERR increment would produce NaN or Infinity");
  const std::string text = to_text(sum);
  context.writable(found, key) = text;
  context.changed(key);
  context.reply.bulk(text);
}

void append(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  String& value = context.writable(found, key);
  value += context.argument(2);
  const std::size_t length = value.size();
  context.changed(key);
  context.reply.integer(static_cast<std::int64_t>(length));
}

void strlen(Context& context) {
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (!found.refused) context.reply.integer(found ? static_cast<std::int64_t>(found->size()) : 0);
}

void getrange(Context& context) {
  const std::optional<std::int64_t> first = context.integer(2);
  if (!first) return;
  const std::optional<std::int64_t> last = context.integer(3);
  if (!last) return;
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (found.refused) return;
  const std::int64_t length = found ? static_cast<std::int64_t>(found->size()) : 0;
  if (*first < 0 && *last < 0 && *first > *last) return context.reply.bulk("");
  const std::int64_t start = std::max<std::int64_t>(*first < 0 ? *first + length : *first, 0);
  const std::int64_t stop = std::min(std::max<std::int64_t>(*last < 0 ? *last + length : *last, 0), length - 1);
  if (length == 0 || start > stop) return context.reply.bulk("");
  context.reply.bulk(std::string_view{*found}.substr(static_cast<std::size_t>(start),
                                                     static_cast<std::size_t>(stop - start + 1)));
}

void setrange(Context& context) {
  const std::string_view key = context.argument(1);
  const std::string_view patch = context.argument(3);
  const std::optional<std::int64_t> offset = context.integer(2);
  if (!offset) return;
  if (*offset < 0) return context.reply.error("ERR offset is out of range");
  Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  if (patch.empty()) return context.reply.integer(found ? static_cast<std::int64_t>(found->size()) : 0);
  if (*offset > string_bytes_max - static_cast<std::int64_t>(patch.size()))
    return context.reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  String& value = context.writable(found, key);
  const auto start = static_cast<std::size_t>(*offset);
  if (value.size() < start + patch.size()) value.resize(start + patch.size());
  std::copy(patch.begin(), patch.end(), value.begin() + *offset);
  const std::size_t length = value.size();
  context.changed(key);
  context.reply.integer(static_cast<std::int64_t>(length));
}

}  // namespace trackside::sim::redis::commands
