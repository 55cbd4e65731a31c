#include "properties/testing/timeline_entries.hpp"

#include <algorithm>

namespace trackside::testing {
namespace {

/// "OBJECT ENCODING" is two words of a command, as it is sent.
std::vector<std::string> words_of(const Query& query) {
  std::vector<std::string> words;
  std::string_view rest = query.command;
  for (auto blank = rest.find(' '); blank != std::string_view::npos; blank = rest.find(' ')) {
    words.emplace_back(rest.substr(0, blank));
    rest.remove_prefix(blank + 1);
  }
  words.emplace_back(rest);
  words.emplace_back(query.key);
  words.insert(words.end(), query.arguments.begin(), query.arguments.end());
  return words;
}

}  // namespace

EntryLog::Entry* EntryLog::latest(std::uint32_t store, const Query& query) {
  const std::vector<std::string> words = words_of(query);
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
    return entry.store == store && entry.words == words;
  });
  return found == entries_.rend() ? nullptr : &*found;
}

void EntryLog::end(Entry& entry, sim::Instant at, std::string_view why) {
  if (entry.ended_by.empty()) {
    entry.until = at;
    entry.ended_by = why;
  }
}

std::size_t EntryLog::number_of(const AbstractCache* cache) {
  const auto found = std::find(caches_.begin(), caches_.end(), cache);
  const auto number = static_cast<std::size_t>(found - caches_.begin());
  if (found == caches_.end()) {
    caches_.push_back(cache);
  }
  return number;
}

void EntryLog::asked(const Holder& holder, Fill fill, const Query& query) {
  fills_[{number_of(holder.cache), fill}] = {holder.store, std::string{query.key}, {}};
}

void EntryLog::kept(sim::Instant at, std::uint32_t order, const Holder& holder, Fill fill, const Query& query,
                    std::string_view value) {
  const auto open = fills_.find({number_of(holder.cache), fill});
  if (Entry* before = latest(holder.store, query)) {
    end(*before, at, "another reply took its place");
  }
  entries_.push_back({.client = holder.client,
                      .store = holder.store,
                      .cache = holder.cache,
                      .key = std::string{query.key},
                      .words = words_of(query),
                      .value = std::string{value},
                      .from = at,
                      .order = order,
                      .until = at,
                      .ended_by = {},
                      .outlived = open == fills_.end() ? std::string{} : open->second.outlived,
                      .hits = {}});
}

void EntryLog::hit(sim::Instant at, const Holder& holder, const Query& query) {
  if (Entry* entry = latest(holder.store, query)) {
    if (!entry->ended_by.empty()) {
      entry->outlived = entry->ended_by;
      entry->ended_by.clear();
    }
    if (bypassed_.contains(number_of(holder.cache))) {
      entry->outlived = own_write;
    }
    entry->hits.push_back({at, holder.client});
  }
}

void EntryLog::missed(sim::Instant at, const Holder& holder, const Query& query) {
  if (Entry* entry = latest(holder.store, query)) {
    end(*entry, at, "the cache was asked, and did not use it");
  }
}

void EntryLog::forgotten(sim::Instant at, const Holder& holder, std::span<const std::string_view> keys,
                         std::string_view why) {
  for (Entry& entry : entries_) {
    if (entry.store == holder.store && std::find(keys.begin(), keys.end(), entry.key) != keys.end()) {
      end(entry, at, why);
    }
  }
  for (auto& [name, fill] : fills_) {
    if (fill.store == holder.store && std::find(keys.begin(), keys.end(), fill.key) != keys.end()) {
      fill.outlived = why;
    }
  }
}

void EntryLog::bypassed(const Holder& holder, bool begins) {
  if (begins) {
    bypassed_.insert(number_of(holder.cache));
  } else {
    bypassed_.erase(number_of(holder.cache));
  }
}

void EntryLog::all_forgotten(sim::Instant at, const Holder& holder, std::string_view why) {
  for (Entry& entry : entries_) {
    if (entry.store == holder.store && entry.cache == holder.cache) {
      end(entry, at, why);
    }
  }
  for (auto& [name, fill] : fills_) {
    if (name.first == number_of(holder.cache)) {
      fill.outlived = why;
    }
  }
}

}  // namespace trackside::testing
