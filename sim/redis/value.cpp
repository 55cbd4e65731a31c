// Lookups and ordered insertion in the containers a key can hold; see value.hpp for the orders kept.
#include "sim/redis/value.hpp"

#include <algorithm>
#include <array>

#include "sim/redis/numbers.hpp"

namespace trackside::sim::redis {

const Hash::Field* Hash::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

Hash::Field* Hash::find(std::string_view name) {
  return const_cast<Field*>(static_cast<const Hash*>(this)->find(name));
}

bool Set::contains(std::string_view member) const {
  return std::find(members.begin(), members.end(), member) != members.end();
}

bool Set::add(std::string_view member) {
  if (contains(member)) return false;
  const auto number = parse_integer(member);
  integers_only = integers_only && number.has_value();
  auto position = members.end();
  if (integers_only)
    position = std::find_if(members.begin(), members.end(),
                            [&](const std::string& other) { return *parse_integer(other) > *number; });
  members.emplace(position, member);
  return true;
}

bool Set::remove(std::string_view member) {
  const auto found = std::find(members.begin(), members.end(), member);
  if (found == members.end()) return false;
  members.erase(found);
  return true;
}

std::size_t SortedSet::rank_of(std::string_view name) const {
  for (std::size_t rank = 0; rank < members.size(); ++rank)
    if (members[rank].name == name) return rank;
  return none;
}

void SortedSet::insert(double score, std::string name) {
  const auto after = std::find_if(members.begin(), members.end(), [&](const Member& other) {
    return other.score > score || (other.score == score && other.name > name);
  });
  members.insert(after, Member{score + 0.0, std::move(name)});  // a small set keeps no negative zero
}

std::string_view type_name(const Value& value) {
  static constexpr std::array<std::string_view, 6> names{"string", "hash", "list", "set", "zset", "stream"};
  return names[value.content.index()];
}

}  // namespace trackside::sim::redis
