// How far a node has come in the history of its data, as INFO replication tells it.
// Source: the Redis documentation of replication ("Replication ID explained").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trackside::cluster {

/// Two nodes with one history and one offset hold the same.
struct Progress {
  bool is_primary = false;
  std::string history{};    // the replication id
  std::int64_t offset = 0;  // of a primary: of its last write; of a replica: up to where it has applied them
  std::string primary{};    // of a replica that is in step with one: "10.0.0.5:6379"; else nothing
};

/// Nothing if it does not tell all that.
std::optional<Progress> read_progress(std::string_view info);

}  // namespace trackside::cluster
