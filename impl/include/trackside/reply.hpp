// A reply of the server: one RESP frame, kept as the bytes it came in and read through views.
//
// A frame is one contiguous string, so a cached reply is one block, two replies are equal when their bytes are,
// and reading a string out of one copies nothing. Frames were checked by `resp::FrameBuffer` before they get here:
// views trust them. Attributes (RESP3 `|`) are metadata and are stripped by it.
// Source: https://redis.io/docs/reference/protocol-spec/ (RESP2 and RESP3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "trackside/error.hpp"

namespace trackside {

template <class T>
using Result = boost::system::result<T>;

enum class ReplyType : std::uint8_t {
  null,           // _  and the RESP2 forms $-1 and *-1
  simple_string,  // +
  error,          // -  and the RESP3 bulk error !
  integer,        // :
  bulk_string,    // $
  verbatim,       // =
  big_number,     // (
  number,         // , (a double)
  boolean,        // #
  array,          // *
  set,            // ~
  map,            // %
  push,           // >
};

/// A non-owning look at one frame. Empty views (default constructed) are of type null.
class ReplyView {
 public:
  class Iterator;

  ReplyView() = default;
  /// Requires one whole, valid frame at the start of `frame`; what follows it is ignored by all readers.
  explicit ReplyView(std::string_view frame) noexcept : frame_(frame) {}

  ReplyType type() const noexcept;
  bool is_null() const noexcept { return type() == ReplyType::null; }
  bool is_error() const noexcept { return type() == ReplyType::error; }
  bool is_aggregate() const noexcept;

  // Errors of the readers: not_a_string, not_an_integer, not_a_number, not_a_boolean. Null is none of these.
  /// Bulk, simple and verbatim strings (without the verbatim's format prefix), big numbers, and the text of errors.
  Result<std::string_view> as_string() const noexcept;
  /// Integers, and strings and big numbers that spell one as Redis does (no '+', no leading zeros).
  Result<std::int64_t> as_integer() const noexcept;
  /// Doubles, integers, and strings and big numbers that hold one a double can express.
  Result<double> as_number() const;
  /// RESP3 booleans, and the integers 0 and 1.
  Result<bool> as_boolean() const noexcept;

  /// Elements of an aggregate; a map counts keys and values apart. 0 for everything else.
  std::size_t size() const noexcept;
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  /// The n-th element, by walking; null if there is none.
  ReplyView operator[](std::size_t index) const noexcept;

  /// The bytes as they came.
  std::string_view frame() const noexcept { return frame_; }

 private:
  std::string_view frame_;
};

class ReplyView::Iterator {
 public:
  using value_type = ReplyView;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::forward_iterator_tag;
  using pointer = void;
  using reference = ReplyView;

  Iterator() = default;
  /// Over the `remaining` valid frames at the start of `rest`.
  Iterator(std::string_view rest, std::size_t remaining) noexcept : rest_(rest), remaining_(remaining) { measure(); }

  /// Exactly the element's bytes.
  ReplyView operator*() const noexcept { return ReplyView{rest_.substr(0, length_)}; }
  Iterator& operator++() noexcept;
  Iterator operator++(int) noexcept;
  friend bool operator==(const Iterator& left, const Iterator& right) noexcept {
    return left.remaining_ == right.remaining_;
  }

 private:
  void measure() noexcept;

  std::string_view rest_;
  std::size_t remaining_ = 0;
  std::size_t length_ = 0;  // of the element at hand, so that each is walked once
};

/// An owned reply. Assigning reuses the memory it has.
class Reply {
 public:
  Reply() = default;
  explicit Reply(ReplyView view) : frame_(view.frame()) {}

  void assign(std::string_view frame) { frame_.assign(frame); }
  ReplyView view() const noexcept { return ReplyView{frame_}; }
  operator ReplyView() const noexcept { return view(); }  // NOLINT: a reply is usable wherever a view is

  ReplyType type() const noexcept { return view().type(); }
  bool is_null() const noexcept { return view().is_null(); }
  bool is_error() const noexcept { return view().is_error(); }
  Result<std::string_view> as_string() const noexcept { return view().as_string(); }
  Result<std::int64_t> as_integer() const noexcept { return view().as_integer(); }
  Result<double> as_number() const { return view().as_number(); }
  Result<bool> as_boolean() const noexcept { return view().as_boolean(); }
  std::size_t size() const noexcept { return view().size(); }
  ReplyView operator[](std::size_t index) const noexcept { return view()[index]; }

  friend bool operator==(const Reply& left, const Reply& right) noexcept { return left.frame_ == right.frame_; }

 private:
  std::string frame_;
};

/// A reply for people, in ASCII: `"v1"`, `OK`, `(integer) 3`, `["a", (nil)]`, `{"field": "v"}`, `(error) ERR ...`.
/// One longer than `length_max` is cut there and ends in "...".
std::string to_text(ReplyView reply, std::size_t length_max = 200);

}  // namespace trackside
