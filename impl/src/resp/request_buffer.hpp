// Finds requests in what a client sends: the server's half of RESP, as lenient and as strict as Redis 7.0.15.
//
// Requests are arrays of bulk strings, or inline lines split at spaces with quotes. Like Redis it does not look at
// the byte after '\r' nor at the two after an argument. Empty requests are passed over. It differs knowingly in two
// ways: limits on lines depend on the bytes alone, not on how they were cut, and a NUL in a line is a byte like any.
// Neighbours: the simulated server feeds it; `Command` writes what it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resp/byte_buffer.hpp"

namespace trackside::resp {

class RequestBuffer {
 public:
  RequestBuffer();

  /// Appends bytes. Arguments returned by `next` before are no longer valid. After an error the bytes are discarded.
  void feed(std::string_view bytes);

  enum class Status : std::uint8_t { request, incomplete, error };
  /// The next request, in order: one argument or more, valid until the next feed() or clear().
  /// After an error, always the same error; `arguments` is then empty.
  Status next(std::vector<std::string_view>& arguments);

  /// The text of the error reply that Redis sends before it closes: "ERR Protocol error: ...". Empty without error.
  const std::string& error_text() const noexcept { return error_text_; }

  /// Forgets everything, for a new connection.
  void clear();

  /// Bytes held that were not returned in a request yet.
  std::size_t buffered() const noexcept { return bytes_.size(); }
  /// Bytes looked at so far, bodies of arguments not counted. Linear in the bytes fed.
  std::uint64_t examined() const noexcept { return examined_; }

 private:
  enum class Step : std::uint8_t { more, whole, incomplete, failed };
  struct Span {
    std::size_t offset;
    std::size_t length;
  };

  Step step();
  Step begin_array();
  Step scan_argument();
  Step scan_inline();
  bool find_line_end(char mark);
  bool split_inline(std::size_t end);
  bool unquote(std::size_t& read, std::size_t end, std::size_t& write);
  void restart(std::size_t consumed);
  Step fail(std::string_view problem);

  ByteBuffer bytes_;
  // All positions count from the start of the request being scanned.
  std::size_t position_ = 0;    // where the line or body being scanned begins
  std::size_t line_end_ = 0;    // how far the search for the end of that line got; 0: at its start
  std::size_t body_end_ = 0;    // where the argument's body ends, its two closing bytes included; 0: in a header
  std::size_t remaining_ = 0;   // arguments of the array still to come; 0: between requests
  std::vector<Span> spans_;     // the arguments found so far
  std::uint64_t examined_ = 0;
  std::string error_text_;
};

}  // namespace trackside::resp
