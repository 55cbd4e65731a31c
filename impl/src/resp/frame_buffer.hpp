// Finds frames in a stream of bytes: incremental, bounded, and indifferent to how the bytes were cut.
//
// It keeps only positions and open aggregates, never a tree, so a frame of any size costs one pass and
// hostile headers ("*1000000000") cost nothing. Invariant: after a complete frame, bytes beyond it were not looked at.
// Neighbours: `ReplyView` reads what this accepted; `link` and the simulated server feed it.
// Source: https://redis.io/docs/reference/protocol-spec/
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trackside/error.hpp"
#include "trackside/limits.hpp"
#include "trackside/reply.hpp"

namespace trackside::resp {

/// Turns a byte stream into frames. Feed bytes, then take frames until there is none.
class FrameBuffer {
 public:
  explicit FrameBuffer(ReplyLimits limits);

  /// Appends bytes. Views returned by `next` before are no longer valid.
  void feed(std::string_view bytes);

  enum class Status : std::uint8_t { frame, incomplete, error };
  struct Next {
    Status status;
    ReplyView frame;            // valid until the next feed() or clear()
    boost::system::error_code error;  // protocol_error, reply_too_large or reply_too_deep; the stream is then unusable
  };
  /// The next whole frame, in order. After an error, always the same error.
  Next next();

  /// Forgets everything, for a new connection.
  void clear();

  /// Bytes held that do not form a whole frame yet.
  std::size_t buffered() const noexcept;
};

}  // namespace trackside::resp
