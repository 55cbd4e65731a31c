// Reading a count of elements to draw.
#include "sim/redis/drawing.hpp"

#include <algorithm>
#include <limits>

namespace trackside::sim::redis {

std::optional<DrawRequest> draw_request(Context& context, std::string_view values_word) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  DrawRequest request;
  if (context.argument_count() < 3) return request;
  if (values_word.empty() && context.argument_count() > 3) return context.reply.syntax_error(), std::nullopt;
  request.count = context.integer(2);
  if (!request.count) return {};
  if (*request.count < -last) {
    context.reply.error(
        "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    return {};
  }
  if (context.argument_count() > 4 || (context.argument_count() == 4 && !context.argument_is(3, values_word)))
    return context.reply.syntax_error(), std::nullopt;
  request.with_values = context.argument_count() == 4;
  if (request.with_values && (*request.count < -last / 2 || *request.count > last / 2)) {
    context.reply.error("ERR value is out of range");
    return {};
  }
  return request;
}

std::uint64_t drawn_of(std::int64_t count, std::size_t present) {
  if (present == 0) return 0;
  if (count < 0) return static_cast<std::uint64_t>(-count);
  return std::min<std::uint64_t>(static_cast<std::uint64_t>(count), present);
}

}  // namespace trackside::sim::redis
