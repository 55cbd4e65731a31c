// One direction of one connection: bytes in a flat queue, cut into chunks that arrive at their times.
//
// Invariants: chunks arrive in the order they were sent (arrival times never go down); the bytes of the data chunks are
// exactly the bytes held, in order; an end (fin or reset) is the last chunk. A reset overtakes data that has not
// arrived; data that has arrived, but was not read yet because the reader is stopped or slow, is still read first, as
// on Linux. Neighbour: network.hpp decides the times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"

namespace trackside::sim {

enum class ChunkKind : std::uint8_t { data, fin, reset };

class Pipe {
 public:
  struct Chunk {
    Instant arrival;
    std::uint64_t hash;
    std::uint32_t length;
    ChunkKind kind;
  };

  /// Appends a chunk. It arrives no earlier than those before it.
  void push(ChunkKind kind, std::string_view bytes, Instant arrival, std::uint64_t hash);

  /// Forgets chunks from the end that arrive after `instant`.
  void drop_after(Instant instant);

  /// Forgets data and ends that arrive after `instant`, but for the next `keep` bytes, which arrive at `arrival`.
  void cut_after(Instant instant, std::size_t keep, Instant arrival);

  /// Chunks that have not arrived before `since` arrive at `not_before` or later.
  void postpone(Instant since, Instant not_before);

  /// Forgets everything under way.
  void clear();

  bool empty() const noexcept { return first_ == chunks_.size(); }
  /// Requires !empty().
  const Chunk& front() const noexcept { return chunks_[first_]; }
  const Chunk& back() const noexcept { return chunks_.back(); }
  std::size_t bytes() const noexcept { return bytes_.size() - head_; }
  /// Bytes that arrive after `instant`.
  std::size_t bytes_after(Instant instant) const noexcept;

  /// Takes the bytes of leading data chunks that arrive no later than `until`, at most `limit` bytes. The view lives
  /// until the next push. `hash` gets what names them.
  std::string_view take(Instant until, std::size_t limit, std::uint64_t& hash);
  /// Takes a leading end. Requires that front() is not data.
  ChunkKind take_end();

  Instant event_at = end_of_time;         // when this pipe's next event is due, if one is pending
  Instant read_again_at = 0;              // slow readers wait until then
  Instant blocked_since = 0;              // meaningful while a fault holds this direction back

 private:
  std::string bytes_;
  std::size_t head_ = 0;
  std::vector<Chunk> chunks_;
  std::size_t first_ = 0;
};

}  // namespace trackside::sim
