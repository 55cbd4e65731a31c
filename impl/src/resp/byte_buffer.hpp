// The bytes of one stream that are not consumed yet, as one contiguous piece.
//
// Owners keep positions relative to `data()`, so that moving the bytes is invisible to them. Consuming only moves
// the start: views stay valid until the next append. Invariant: an append moves at most as many bytes as were
// appended or consumed since the last move, so every byte is copied a constant number of times whatever the pieces.
// Memory: what is held, plus doubling, but the doubling stops at `growth_limit` plus one append.
// Neighbours: `FrameBuffer` (replies) and `RequestBuffer` (commands).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace trackside::resp {

class ByteBuffer {
 public:
  explicit ByteBuffer(std::size_t growth_limit) noexcept : growth_limit_(growth_limit) {}

  /// Adds bytes at the end. Pointers and views into the buffer are no longer valid.
  void append(std::string_view bytes) {
    make_room(bytes.size());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    appended_last_ = bytes.size();
  }

  /// Gives up the first bytes, which stay readable until the next append.
  void consume(std::size_t count) noexcept { begin_ += count; }

  char* data() noexcept { return bytes_.data() + begin_; }
  std::size_t size() const noexcept { return bytes_.size() - begin_; }
  /// Bytes of memory held.
  std::size_t capacity() const noexcept { return bytes_.capacity(); }

  /// Forgets all bytes and gives the memory back.
  void release() noexcept {
    std::vector<char>{}.swap(bytes_);
    begin_ = 0;
    appended_last_ = 0;
  }

 private:
  static constexpr std::size_t kept_when_empty_bytes = std::size_t{1} << 20;

  void make_room(std::size_t count) {
    if (begin_ != 0) {
      drop_consumed(count);
    }
    const std::size_t needed = bytes_.size() + count;
    if (needed > bytes_.capacity()) {
      bytes_.reserve(std::max(needed, std::min(2 * bytes_.capacity(), saturated_limit(count))));
    }
  }

  void drop_consumed(std::size_t count) {
    const std::size_t live = size();
    if (live == 0) {
      // One huge reply must not make a connection hold that memory for the rest of its life.
      if (bytes_.capacity() > kept_when_empty_bytes && count < bytes_.capacity() / 4) {
        release();
        return;
      }
      bytes_.clear();
      begin_ = 0;
    } else if (live <= appended_last_ || live <= begin_) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
  }

  std::size_t saturated_limit(std::size_t count) const noexcept {
    return growth_limit_ + std::min(count, ~growth_limit_);
  }

  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t appended_last_ = 0;
  std::size_t growth_limit_;
};

}  // namespace trackside::resp
