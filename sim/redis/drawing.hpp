// HRANDFIELD, SRANDMEMBER, ZRANDMEMBER: how many elements a request draws.
//
// The real server draws at random; here it is the first ones, again from the beginning if more are wanted than there
// are. Where the request leaves no choice (all of them, the only one) that is what the real one answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

struct DrawRequest {
  std::optional<std::int64_t> count{};
  bool with_values = false;
};

/// Count and the word that asks for values too (empty: there is none); nothing once an error has been answered.
std::optional<DrawRequest> draw_request(Context& context, std::string_view values_word);

/// A negative count draws with repetition.
std::uint64_t drawn_of(std::int64_t count, std::size_t present);

}  // namespace trackside::sim::redis
