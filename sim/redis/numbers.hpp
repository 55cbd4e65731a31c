// Numbers as Redis reads and prints them. Strict: "+1", "01", " 1" and "1 " are not integers (string2ll).
//
// Sorted sets and INCRBYFLOAT are floating point by nature; nothing else in the simulator is. Only +, comparison and
// correctly rounded conversions are used, so results do not depend on compiler or optimisation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trackside::sim::redis {

std::optional<std::int64_t> parse_integer(std::string_view text);
/// Whether SCAN and its kin take it for a cursor: as strtoul reads numbers, so with a sign, zeros ahead, or nothing.
bool is_cursor(std::string_view text);
/// A score or increment: anything strtod takes as a whole, but no leading space and no NaN.
std::optional<double> parse_double(std::string_view text);
/// As above, but the empty text is 0: what the bounds of a range of scores go by.
std::optional<double> parse_double_loosely(std::string_view text);
std::optional<long double> parse_long_double(std::string_view text);

/// "%.17g", with "inf" and "-inf": a score on the wire.
std::string to_text(double number);
/// "%.17Lf" without trailing zeros: the value INCRBYFLOAT stores.
std::string to_text(long double number);

}  // namespace trackside::sim::redis
