#include "properties/testing/timeline/timeline_entries.hpp"

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

void EntryLog::asked(const Holder& holder, Fill fill, const Query& query) {
  fills_.push_back({holder.store, holder.cache, fill, std::string{query.key}, {}});
}

void EntryLog::kept(sim::Instant at, std::uint32_t order, const Holder& holder, Fill fill, const Query& query,
                    std::string_view value) {
  const auto open = std::find_if(fills_.rbegin(), fills_.rend(), [&](const OpenFill& each) {
    return each.cache == holder.cache && each.fill == fill;
  });
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
                      .outlived = open == fills_.rend() ? std::string{} : open->outlived,
                      .hits = {}});
}

void EntryLog::hit(sim::Instant at, const Holder& holder, const Query& query) {
  if (Entry* entry = latest(holder.store, query)) {
    if (!entry->ended_by.empty()) {
      entry->outlived = entry->ended_by;
      entry->ended_by.clear();
    }
    if (std::find(bypassed_.begin(), bypassed_.end(), holder.cache) != bypassed_.end()) {
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
  for (OpenFill& fill : fills_) {
    if (fill.store == holder.store && std::find(keys.begin(), keys.end(), fill.key) != keys.end()) {
      fill.outlived = why;
    }
  }
}

void EntryLog::bypassed(const Holder& holder, bool begins) {
  std::erase(bypassed_, holder.cache);
  if (begins) {
    bypassed_.push_back(holder.cache);
  }
}

void EntryLog::all_forgotten(sim::Instant at, const Holder& holder, std::string_view why) {
  for (Entry& entry : entries_) {
    if (entry.store == holder.store && entry.cache == holder.cache) {
      end(entry, at, why);
    }
  }
  for (OpenFill& fill : fills_) {
    if (fill.cache == holder.cache) {
      fill.outlived = why;
    }
  }
}

}  // namespace trackside::testing
