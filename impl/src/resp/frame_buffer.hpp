// Finds frames in a stream of bytes: incremental, bounded, and indifferent to how the bytes were cut.
//
// It keeps only positions and open aggregates, never a tree, so a frame of any size costs one pass and hostile headers
// ("*1000000000") cost nothing. Every decision depends on the bytes up to it alone, never on the pieces they came in.
// Invariants: after a complete frame, bytes beyond it were not looked at; a frame with all its announced elements at
// their smallest fits in max_bytes, or it was refused at the header that made it too large.
// Stricter than the specification where leniency could attribute one reply to another command: a push inside an
// aggregate (old servers interleave invalidations with the elements of EXEC) is a protocol error, and so are
// streamed types, lines above 64 KiB, and numbers that are not spelled as Redis spells them.
// Neighbours: `ReplyView` reads what this accepted; `link` and the simulated server feed it.
// Source: https://redis.io/docs/reference/protocol-spec/
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "resp/byte_buffer.hpp"
#include "trackside/error.hpp"
#include "trackside/limits.hpp"
#include "trackside/reply.hpp"

namespace trackside::resp {

/// Turns a byte stream into frames. Feed bytes, then take frames until there is none.
class FrameBuffer {
 public:
  explicit FrameBuffer(ReplyLimits limits);

  /// Appends bytes. Views returned by `next` before are no longer valid. After an error the bytes are discarded.
  void feed(std::string_view bytes);

  enum class Status : std::uint8_t { frame, incomplete, error };
  struct Next {
    Status status;
    ReplyView frame;                  // valid until the next feed() or clear(); without attributes
    boost::system::error_code error;  // protocol_error, reply_too_large or reply_too_deep; the stream is then unusable
  };
  /// The next whole frame, in order. After an error, always the same error.
  Next next();

  /// Hands frames to `take` until that says true. The last that `next` said: a frame if it did.
  template <class Take>
  Next take_until(const Take& take) {
    Next found = next();
    while (found.status == Status::frame && !take(found.frame)) {
      found = next();
    }
    return found;
  }

  /// Forgets everything, for a new connection.
  void clear();

  /// Bytes held that were not returned as a frame yet; once `next` said incomplete, at most max_bytes.
  std::size_t buffered() const noexcept { return bytes_.size(); }
  /// Bytes of memory held: never more than max_bytes plus one feed, if frames are taken after every feed.
  std::size_t capacity() const noexcept { return bytes_.capacity(); }
  /// Bytes looked at so far, bodies of bulk strings not counted. Linear in the bytes fed.
  std::uint64_t examined() const noexcept { return examined_; }

 private:
  enum class Step : std::uint8_t { more, whole, incomplete, failed };
  enum class Kind : std::uint8_t { element, attribute };
  struct Open {
    std::size_t remaining;
    Kind kind;
  };

  Step step();
  Step scan_header();
  Step accept_header(char type, std::string_view line, std::size_t end);
  Step accept_bulk(char type, std::string_view line, std::size_t end);
  Step accept_aggregate(char type, std::string_view line, std::size_t end);
  Step finish_bulk();
  Step finish_element(std::size_t end);
  void begin_attribute();
  void end_attribute();
  void keep_scanned();
  void start_frame(std::size_t consumed);
  ReplyView take_frame();
  Step fail(Errc code);
  bool fits(std::size_t end, std::size_t elements_to_come) const noexcept;

  ReplyLimits limits_;
  ByteBuffer bytes_;
  // All positions count from the start of the frame being scanned.
  std::size_t position_ = 0;      // where the element being scanned begins
  std::size_t resume_ = 0;        // where the search for the end of its line goes on; 0: at its start
  std::size_t body_end_ = 0;      // when its header was accepted, where it ends, CRLF included; else 0
  std::size_t verbatim_at_ = 0;   // where that body begins, if it must open with a format like "txt:"; else 0
  std::size_t outstanding_ = 0;   // elements announced whose first byte is still to come
  std::size_t kept_ = 0;          // bytes of the frame moved together so far, attributes left out
  std::size_t keep_from_ = 0;     // where the part that follows them begins
  std::size_t attribute_at_ = 0;  // how many aggregates were open with the outermost attribute; 0: none is open
  std::vector<Open> open_;
  std::uint64_t examined_ = 0;
  boost::system::error_code error_;
};

}  // namespace trackside::resp
