// What a key holds. Values are shared with the model as snapshots, so a write clones a value that anyone else holds
// (`Keyspace::writable`); reading never copies.
//
// All containers are vectors or deques: iteration order is part of what a client sees. Hashes keep insertion order, as
// Redis' listpacks do; sorted sets are ordered by (score, member); sets keep insertion order except that a set which
// has only ever held integers is ordered by value, as an intset is. Lookups are linear: simulated values are small.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/redis/stream.hpp"

namespace trackside::sim::redis {

using String = std::string;

struct Hash {
  struct Field {
    std::string name;
    std::string value;
    bool operator==(const Field&) const = default;
  };
  std::vector<Field> fields;

  const Field* find(std::string_view name) const;
  Field* find(std::string_view name);
  bool empty() const { return fields.empty(); }
  bool operator==(const Hash&) const = default;
};

struct List {
  std::deque<std::string> items;

  bool empty() const { return items.empty(); }
  bool operator==(const List&) const = default;
};

struct Set {
  std::vector<std::string> members;
  bool integers_only = true;  // never becomes true again: Redis does not convert back to an intset

  bool contains(std::string_view member) const;
  bool add(std::string_view member);     // whether it was new
  bool remove(std::string_view member);  // whether it was there
  bool empty() const { return members.empty(); }
  bool operator==(const Set&) const = default;
};

struct SortedSet {
  struct Member {
    double score;
    std::string name;
    bool operator==(const Member&) const = default;
  };
  std::vector<Member> members;

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t rank_of(std::string_view name) const;  // `none` if absent
  void insert(double score, std::string name);       // requires: absent
  void erase(std::size_t rank) { members.erase(members.begin() + static_cast<std::ptrdiff_t>(rank)); }
  bool empty() const { return members.empty(); }
  bool operator==(const SortedSet&) const = default;
};

struct Value {
  std::variant<String, Hash, List, Set, SortedSet, Stream> content;
  bool operator==(const Value&) const = default;
};

/// TYPE's word for it.
std::string_view type_name(const Value& value);

}  // namespace trackside::sim::redis
