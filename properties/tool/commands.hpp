// The commands of `trackside`, one function each: parsed options in, exit status out.
// 0: everything held. 1: a promise was broken. 2: usage or input.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trackside::tool {

inline constexpr int held = 0;
inline constexpr int broken = 1;
inline constexpr int bad_input = 2;

struct RunRequest {
  std::optional<std::uint64_t> runs;
  std::optional<double> seconds;
  std::uint64_t seed = 1;
  unsigned jobs = 0;  // 0: one per core
  std::uint64_t shard = 0;
  std::uint64_t shards = 1;
  std::string subject = "verified";
  std::string strategy;  // empty: by the seed
  std::string world;     // likewise
  std::uint32_t operations = 0;
  bool until_broken = false;  // ends with the first broken promise
  std::string report = "build/report";
  std::string json;
};
int run(const RunRequest& request);

struct ReplayRequest {
  std::string what;  // a scenario file or a seed
  std::string subject;  // empty: the file's own, or the verified one
  std::string strategy;
  std::string world;
  std::uint32_t operations = 0;
  std::optional<double> until;  // seconds of virtual time: the story ends there
  bool trace = false;
  std::string html;      // files to write; empty: none
  std::string perfetto;
  std::string events;    // a file for the list of events with their hashes; empty: none
  bool as_test = false;  // print a test that holds the scenario, and run nothing
  std::string json;
};
int replay(const ReplayRequest& request);

struct ShrinkRequest {
  std::string file;
  std::string output;  // empty: standard output
  std::string json;
};
int shrink(const ShrinkRequest& request);

struct MergeRequest {
  std::vector<std::string> files;
  std::string json;
};
int merge(const MergeRequest& request);

struct ExhaustRequest {
  std::string scope;
  std::string subject = "verified";
  unsigned jobs = 0;   // 0: one per core
  std::string resume;  // where to note what is done; what is noted there is not searched again
  std::string report = "build/report";
  std::string json;
  bool list = false;
};
int exhaust(const ExhaustRequest& request);

struct DeterminismRequest {
  std::uint64_t runs = 200;
  std::uint64_t seed = 1;
  unsigned jobs = 0;  // 0: one per core
  std::string subject = "verified";
  std::string world;  // empty: by the seed
  std::string json;
};
/// `broken`: a scenario was not one run.
int determinism(const DeterminismRequest& request);

int list_subjects(const std::string& json);

struct GalleryRequest {
  std::string folder;
  std::uint64_t runs = 10'000;  // for each subject, at most
  unsigned jobs = 0;            // 0: one per core
  std::string json;
};
/// `broken`: not every wrong cache was found.
int gallery(const GalleryRequest& request);

struct ConfidenceRequest {
  std::uint64_t runs = 20;  // for each row of the table
  std::uint64_t seed = 1;
  std::uint64_t dropping = 20;  // percent of the time in which invalidations vanish
  std::string json;
};
int confidence(const ConfidenceRequest& request);

struct BenchRequest {
  std::string part = "all";  // cache, sim or all
  double seconds = 1.0;      // per case and repetition set
  std::string json;
};
int bench(const BenchRequest& request);

struct ServeRequest {
  std::uint32_t port = 6379;
  std::string bind = "127.0.0.1";
  std::string announce;
  std::uint32_t cluster = 0;  // primaries; 0: no cluster
  std::uint32_t replicas = 0;
  std::uint32_t spares = 0;
  std::string node_timeout = "5s";
  std::string password;
  std::uint64_t seed = 1;
  std::string faults;
  std::string json;
};
int serve(const ServeRequest& request);

/// Set by Ctrl-C and SIGTERM: whoever loops ends with what it has.
std::atomic<bool>& interrupted();

}  // namespace trackside::tool
