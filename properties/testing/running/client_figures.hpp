// Whether what a client and its cache say of themselves agrees: figures of single keys, metrics, their text, hooks.
//
// The totals of CacheStats are the model's to judge (model/check_true_counters.cpp). Here is what has to agree with
// them, and with what the harness counted itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "properties/testing/judging/recorder.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/client_core.hpp"

namespace trackside::testing {

/// What a cache's hooks told.
struct HookCounts {
  model::Counters counted{};
  std::uint64_t flushes = 0;
  std::uint64_t revoked = 0;
  std::uint64_t links_up = 0;
  std::uint64_t links_down = 0;
};
/// Hooks that count in it; it outlives them.
CacheHooks hooks_into(HookCounts& counts);

/// How the harness saw the client's commands end.
struct CommandCounts {
  std::uint64_t submitted = 0;
  std::uint64_t failed = 0;
};

/// What is to be found in the figures of single keys. With neither, no more than happened.
struct KeyFigures {
  bool exact = false;  // as exact as the totals: there is room for all
  std::optional<CacheStatsLimits> limits = std::nullopt;

  /// They are those of the library's cache, of which more is expected.
  bool are_verified() const { return exact || limits; }
};

/// Each says in a sentence what does not agree; empty: all does.
std::string contradiction_of(const CacheStats& stats, const Recorder::KeyLedger& happened, KeyFigures figures);
std::string contradiction_of(const Metrics& metrics, const AbstractCache* cache, const CommandCounts& commands);
std::string contradiction_of(const HookCounts& told, const model::Counters& happened);
/// What is wrong with an error's name or sentence.
std::string contradiction_of(error_code error);

}  // namespace trackside::testing
