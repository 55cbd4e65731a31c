#include "sentinel/electorate.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "seam/mark.hpp"

namespace trackside::sentinel {
namespace {

bool tells_of(const std::vector<Peer>& peers, std::string_view id) {
  return std::any_of(peers.begin(), peers.end(), [=](const Peer& each) { return each.id == id; });
}

}  // namespace

Electorate::Sentinel* Electorate::find(std::string_view id) {
  const auto at = std::find_if(sentinels_.begin(), sentinels_.end(), [=](const auto& each) { return each.id == id; });
  return at == sentinels_.end() ? nullptr : &*at;
}

/// Null if there are too many.
Electorate::Sentinel* Electorate::find_or_add(std::string_view id) {
  Sentinel* const found = find(id);
  if (found != nullptr || sentinels_.size() == sentinels_max) {
    return found;
  }
  sentinels_.push_back(Sentinel{.id = std::string{id}});
  return &sentinels_.back();
}

void Electorate::answered(std::string_view id, Time asked, const std::optional<Endpoint>& primary,
                          std::vector<Peer> others) {
  for (const Peer& each : others) {
    if (Sentinel* const other = find_or_add(each.id)) {
      other->endpoint = each.endpoint;
    }
  }
  Sentinel* const sentinel = find_or_add(id);
  if (sentinel == nullptr || asked < sentinel->asked) {
    return;  // met by two ways, and the other was faster
  }
  sentinel->is_replaced = false;
  sentinel->names = primary;
  sentinel->asked = asked;
  sentinel->others = std::move(others);
  if (sentinel->left && asked > sentinel->left_at && primary == sentinel->left) {
    sentinel->left.reset();
  }
  forget_replaced();
  forget_strangers();
}

void Electorate::announced(std::string_view id, Time now, const Endpoint& left) {
  if (Sentinel* const sentinel = find_or_add(id)) {
    sentinel->left = left;
    sentinel->left_at = now;
  }
}

void Electorate::replaced(std::string_view id) {
  if (Sentinel* const sentinel = find(id)) {
    sentinel->is_replaced = true;
    forget_replaced();
  }
}

/// Those that may go, and of whom nobody tells whose word counts.
template <class MayGo, class Counts>
void Electorate::forget(const MayGo& may_go, const Counts& counts) {
  std::vector<std::string> gone;
  for (const Sentinel& each : sentinels_) {
    const bool is_told_of = std::any_of(sentinels_.begin(), sentinels_.end(), [&](const Sentinel& other) {
      return counts(other) && tells_of(other.others, each.id);
    });
    if (may_go(each) && !is_told_of) {
      gone.push_back(each.id);
    }
  }
  std::erase_if(sentinels_, [&](const Sentinel& each) {
    return std::find(gone.begin(), gone.end(), each.id) != gone.end();
  });
}

/// As soon as nobody tells of them who was not replaced too: two that lost their configurations told of each other.
void Electorate::forget_replaced() {
  forget([](const Sentinel& each) { return each.is_replaced; },
         [](const Sentinel& other) { return !other.is_replaced; });
}

/// Whoever has not answered the question at hand, and is told of by none of a majority that has, was replaced.
void Electorate::forget_strangers() {
  Time newest = long_ago;
  for (const Sentinel& each : sentinels_) {
    newest = std::max(newest, each.asked);
  }
  const auto is_fresh = [&](const Sentinel& each) { return each.asked > newest - memory_; };
  const auto fresh = std::count_if(sentinels_.begin(), sentinels_.end(), is_fresh);
  if (newest == long_ago || static_cast<std::size_t>(fresh) < majority()) {
    return;
  }
  forget([&](const Sentinel& each) { return !is_fresh(each); }, is_fresh);
}

std::size_t Electorate::majority() const { return std::max(sentinels_.size(), configured_) / 2 + 1; }

bool Electorate::vetoed(const Endpoint& primary, Time now) const {
  return std::any_of(sentinels_.begin(), sentinels_.end(),
                     [&](const Sentinel& each) { return each.left == primary && now - each.left_at < memory_; });
}

Time Electorate::vouched(const Endpoint& primary, Time now) const {
  std::vector<Time> asked;
  for (const Sentinel& each : sentinels_) {
    if (each.names == primary) {
      asked.push_back(each.asked);
    }
  }
  if (asked.size() < majority() || vetoed(primary, now)) {
    TRACKSIDE_MARK_IF(majority_vetoed_by_announcement, asked.size() >= majority());
    return long_ago;
  }
  std::sort(asked.begin(), asked.end(), std::greater<>{});
  return asked[majority() - 1];
}

std::optional<Endpoint> Electorate::elected(Time since, Time now) const {
  for (const Sentinel& each : sentinels_) {
    if (each.names && each.asked >= since && vouched(*each.names, now) >= since) {
      return each.names;
    }
  }
  return std::nullopt;
}

std::vector<Peer> Electorate::peers() const {
  std::vector<Peer> peers;
  for (const Sentinel& each : sentinels_) {
    if (each.endpoint) {
      peers.push_back({each.id, *each.endpoint});
    }
  }
  return peers;
}

}  // namespace trackside::sentinel
