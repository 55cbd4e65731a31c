// What caches held, as far as can be known from outside: from each put to what ended it.
//
// A cache under test is a black box. What it keeps begins with a put that it says it kept. It ends when the cache is
// told to forget it, loses its link, or is asked and does not have it, whatever comes first; a cache that answers with
// it afterwards evidently held it on. Neighbours: observed_cache.hpp (who tells), timeline_recorder.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"
#include "trackside/abstract_cache.hpp"

namespace trackside::testing {

class EntryLog {
 public:
  struct Hit {
    sim::Instant at;
    std::uint32_t client;
  };
  struct Entry {
    std::uint32_t client;  // whose put it was
    std::uint32_t store;
    const AbstractCache* cache;  // told apart from others, never looked into
    std::string key;
    std::vector<std::string> words;  // the whole question
    std::string value;               // frame
    sim::Instant from;
    std::uint32_t order;    // of its beginning, among what happens at that instant
    sim::Instant until;     // meaningful once it ended
    std::string ended_by;   // empty: it is there
    std::vector<Hit> hits;
  };
  /// A cache, the client that it serves, and whose store it uses.
  struct Holder {
    std::uint32_t client;
    std::uint32_t store;
    const AbstractCache* cache;
  };

  void kept(sim::Instant at, std::uint32_t order, const Holder& holder, const Query& query, std::string_view value);
  void hit(sim::Instant at, const Holder& holder, const Query& query);
  void missed(sim::Instant at, const Holder& holder, const Query& query);
  void forgotten(sim::Instant at, const Holder& holder, std::span<const std::string_view> keys, std::string_view why);
  /// Everything that this cache was given.
  void all_forgotten(sim::Instant at, const Holder& holder, std::string_view why);

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Entry* latest(std::uint32_t store, const Query& query);
  static void end(Entry& entry, sim::Instant at, std::string_view why);

  std::vector<Entry> entries_;
};

}  // namespace trackside::testing
