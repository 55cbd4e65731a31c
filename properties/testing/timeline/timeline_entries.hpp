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
  static constexpr std::string_view own_write = "its own client wrote the key";

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
    std::string outlived;   // what would have ended it, had it not been served afterwards
    std::vector<Hit> hits;
  };
  /// A cache, the client that it serves, and whose store it uses.
  struct Holder {
    std::uint32_t client;
    std::uint32_t store;
    const AbstractCache* cache;
  };

  /// From here on what would end an entry of this question is outlived by the fill, if that is kept nevertheless.
  void asked(const Holder& holder, Fill fill, const Query& query);
  void kept(sim::Instant at, std::uint32_t order, const Holder& holder, Fill fill, const Query& query,
            std::string_view value);
  void hit(sim::Instant at, const Holder& holder, const Query& query);
  void missed(sim::Instant at, const Holder& holder, const Query& query);
  void forgotten(sim::Instant at, const Holder& holder, std::span<const std::string_view> keys, std::string_view why);
  /// Nothing is to be served meanwhile: keys that nobody knows may have been written.
  void bypassed(const Holder& holder, bool begins);
  /// Everything that this cache was given.
  void all_forgotten(sim::Instant at, const Holder& holder, std::string_view why);

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  struct OpenFill {
    std::uint32_t store;
    const AbstractCache* cache;
    Fill fill;
    std::string key;
    std::string outlived;
  };

  Entry* latest(std::uint32_t store, const Query& query);
  static void end(Entry& entry, sim::Instant at, std::string_view why);

  std::vector<OpenFill> fills_;  // those that came to nothing stay
  std::vector<const AbstractCache*> bypassed_;
  std::vector<Entry> entries_;
};

}  // namespace trackside::testing
