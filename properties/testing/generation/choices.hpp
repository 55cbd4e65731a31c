// Choices of the generator, each by its name and how often that name was used: a new kind of choice moves no other.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "sim/kernel/hash.hpp"

namespace trackside::testing {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : seed_(seed) {}

  /// 0 .. bound - 1; requires a positive bound.
  std::uint64_t below(std::string_view name, std::uint64_t bound) {
    return sim::scale_down(bits(name), bound - 1);
  }

  /// 0 .. bound, every order of magnitude alike.
  std::uint64_t scaled(std::string_view name, std::uint64_t bound) {
    const std::uint64_t magnitude = below(name, 64 - static_cast<std::uint64_t>(__builtin_clzll(bound | 1)) + 1);
    const std::uint64_t scale = std::uint64_t{1} << magnitude;
    const std::uint64_t value = magnitude == 0 ? 0 : scale / 2 + below(name, scale - scale / 2);
    return value < bound ? value : bound;
  }

 private:
  std::uint64_t bits(std::string_view name) {
    const std::uint64_t site = sim::hash_name(name);
    return sim::mix(sim::mix(seed_ ^ site) + uses_[site]++);
  }

  std::uint64_t seed_;
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> uses_;  // by name; never iterated
};

}  // namespace trackside::testing
