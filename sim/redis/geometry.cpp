// Scores from places and back, and distances by the haversine formula.
#include "sim/redis/geometry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace trackside::sim::redis {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double longitude_max = 180;
constexpr double latitude_max = 85.05112878;
constexpr double earth_radius = 6372797.560856;
constexpr std::uint32_t bits_each = 26;  // of a score, for the longitude and for the latitude

double radians(double degrees) { return degrees * (pi / 180.0); }

std::uint64_t cell_of(double value, double bound) {
  const double share = (value + bound) / (2 * bound);
  return static_cast<std::uint64_t>(share * static_cast<double>(1U << bits_each));
}

std::uint64_t interleaved(std::uint64_t even, std::uint64_t odd) {
  std::uint64_t bits = 0;
  for (std::uint32_t bit = 0; bit < bits_each; ++bit)
    bits |= (even >> bit & 1U) << (2 * bit) | (odd >> bit & 1U) << (2 * bit + 1);
  return bits;
}

/// Also of what is no score of a place, for which C++ has no rule; as the processors of most servers do it.
std::uint64_t as_unsigned(double score) {
  constexpr double half = 9223372036854775808.0;
  if (score >= 0) return score < 2 * half ? static_cast<std::uint64_t>(score) : 0;
  return score >= -half ? static_cast<std::uint64_t>(static_cast<std::int64_t>(score)) : std::uint64_t{1} << 63U;
}

/// Bits that no place has are kept: they are far off the map.
std::uint64_t every_second(std::uint64_t bits) {
  std::uint64_t cell = 0;
  for (std::uint32_t bit = 0; bit < 32; ++bit) cell |= (bits >> (2 * bit) & 1U) << bit;
  return cell;
}

double middle_of(std::uint64_t cell, double bound) {
  const auto cells = static_cast<double>(1U << bits_each);
  const double low = -bound + (static_cast<double>(cell) / cells) * (2 * bound);
  const double high = -bound + (static_cast<double>(cell + 1) / cells) * (2 * bound);
  return std::clamp((low + high) / 2, -bound, bound);
}

double latitude_distance(double from, double to) { return earth_radius * std::fabs(radians(to) - radians(from)); }

}  // namespace

bool is_on_map(const Place& place) {
  return std::fabs(place.longitude) <= longitude_max && std::fabs(place.latitude) <= latitude_max;
}

double score_of(const Place& place) {
  return static_cast<double>(
      interleaved(cell_of(place.latitude, latitude_max), cell_of(place.longitude, longitude_max)));
}

bool is_of_a_place(double score) {
  return score >= 0 && score < static_cast<double>(std::uint64_t{1} << 2 * bits_each);
}

Place place_of(double score) {
  const std::uint64_t bits = as_unsigned(score);
  return {middle_of(every_second(bits >> 1), longitude_max), middle_of(every_second(bits), latitude_max)};
}

std::string geohash_of(const Place& place) {
  constexpr std::string_view letters = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr std::size_t length = 10;
  constexpr double whole_latitude = 90;
  const std::uint64_t bits =
      interleaved(cell_of(place.latitude, whole_latitude), cell_of(place.longitude, longitude_max));
  std::string hash;
  for (std::size_t index = 0; index < length; ++index) hash += letters[bits >> (52 - 5 * (index + 1)) & 0x1fU];
  return hash + '0';  // there are no bits left for the eleventh
}

double distance_in_metres(const Place& from, const Place& to) {
  const double v = std::sin((radians(to.longitude) - radians(from.longitude)) / 2);
  if (v == 0.0) return latitude_distance(from.latitude, to.latitude);
  const double u = std::sin((radians(to.latitude) - radians(from.latitude)) / 2);
  const double a = u * u + std::cos(radians(from.latitude)) * std::cos(radians(to.latitude)) * v * v;
  return 2.0 * earth_radius * std::asin(std::sqrt(a));
}

std::optional<double> Area::distance_within(const Place& place) const {
  const double distance = distance_in_metres(centre, place);
  if (!is_box) return distance > radius ? std::nullopt : std::optional{distance};
  if (latitude_distance(place.latitude, centre.latitude) > height / 2) return {};
  const Place beside{centre.longitude, place.latitude};
  if (distance_in_metres(place, beside) > width / 2) return {};
  return distance;
}

}  // namespace trackside::sim::redis
