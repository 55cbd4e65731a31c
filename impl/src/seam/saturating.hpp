// Sums and products that stop at the ends of their range: a server may name any time in 64 bits, and none of them may
// be undefined behaviour here. A time at the end of the range is as good as never, or long ago.
#pragma once

#include <cstdint>

namespace trackside {

inline std::int64_t saturating_sum(std::int64_t left, std::int64_t right) noexcept {
  std::int64_t sum = 0;
  return !__builtin_add_overflow(left, right, &sum) ? sum : right > 0 ? INT64_MAX : INT64_MIN;
}

inline std::int64_t saturating_product(std::int64_t left, std::int64_t right) noexcept {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(left, right, &product) ? product : (left > 0) == (right > 0) ? INT64_MAX : INT64_MIN;
}

}  // namespace trackside
