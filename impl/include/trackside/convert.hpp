// Replies as values of C++: `reply_as<std::map<std::string, double>>(reply)`, or a named error.
//
//   T                                    is read from
//   std::string, std::string_view        strings of every kind; a view looks into the reply and copies nothing
//   integers                             integers and strings that spell one, within the range of T
//   double, float                        doubles, integers, strings that spell a number
//   bool                                 RESP3 booleans, 0 and 1
//   std::optional<T>                     null, which is nullopt, or T
//   void, std::monostate                 anything but an error and null: "OK", and replies that nobody needs
//   std::vector<T>, list, set ...        arrays and sets; a map gives its keys and values in turn, as in RESP2
//   std::map<K, V>, vector<pair<K, V>>   RESP3 maps, flat arrays (RESP2's HGETALL, ZRANGE WITHSCORES), arrays of pairs
//                                        (RESP3's ZRANGE WITHSCORES); of equal keys a map keeps the first
//   std::array, tuple, pair              aggregates of exactly that many elements
//   Reply, ReplyView                     everything, as it is
//   Answered<T>                          T, or the error that the server answered, with its text: see answered.hpp
//   a type of your own                   what your `ReplyConverter` of it says
//
// Containers are known by their members, so hash maps, flat maps and small vectors of any library are read too.
// A first element that is itself an aggregate makes an array one of pairs; Redis never has an aggregate as a key.
//
// Errors: error_reply (the server answered with an error; its text is `ReplyView::as_string`), unexpected_null,
// wrong_size, integer_out_of_range, not_a_string, not_an_integer, not_a_number, not_a_boolean, not_an_aggregate; those
// of elements are those of the whole. Nothing is converted in part: there is a whole T or an error.
//
// Lifetime: a string_view or ReplyView, alone or inside of T, looks into the frame of the reply that was read, and is
// good as long as that. Reading one out of a temporary Reply does not compile.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "trackside/error.hpp"
#include "trackside/reply.hpp"

namespace trackside {

/// How a T is read out of a reply. Specialise it for types of your own:
///
///   template <>
///   struct trackside::ReplyConverter<Point> {
///     static Result<Point> convert(ReplyView reply) {
///       const auto both = reply_as<std::pair<int, int>>(reply);
///       if (!both) return both.error();
///       return Point{both->first, both->second};
///     }
///   };
///
/// `convert` gets neither errors nor null, unless it says `static constexpr bool takes_errors = true` or `takes_null`.
/// A T that holds views into the reply must say `static constexpr bool borrows = true`.
template <class T>
struct ReplyConverter;

template <class T>
concept FromReply = requires(ReplyView reply) {
  { ReplyConverter<T>::convert(reply) } -> std::same_as<Result<T>>;
};

/// Whether a T looks into the reply that it was read from.
template <class T>
inline constexpr bool borrows_from_reply = false;
template <class T>
  requires requires { ReplyConverter<T>::borrows; }
inline constexpr bool borrows_from_reply<T> = ReplyConverter<T>::borrows;

/// What can be kept when the reply is gone.
template <class T>
concept OwnedFromReply = FromReply<T> && !borrows_from_reply<T>;

/// Reads a reply, or an element of one, as a T.
template <FromReply T>
Result<T> reply_as(ReplyView reply) {
  if constexpr (!requires { requires ReplyConverter<T>::takes_errors; }) {
    if (reply.is_error()) return Result<T>{boost::system::in_place_error, Errc::error_reply};
  }
  if constexpr (!requires { requires ReplyConverter<T>::takes_null; }) {
    if (reply.is_null()) return Result<T>{boost::system::in_place_error, Errc::unexpected_null};
  }
  return ReplyConverter<T>::convert(reply);
}

/// A view into a reply that is about to go.
template <FromReply T>
  requires borrows_from_reply<T>
Result<T> reply_as(const Reply&&) = delete;

namespace convert {

// Errors are put in by tag: a bool, and what is made of bools, can be constructed from an error_code.
using boost::system::in_place_error;
using boost::system::in_place_value;

/// The integer a reply is or spells. not_an_integer; integer_out_of_range if it has more than 64 bits.
Result<std::int64_t> signed_integer(ReplyView reply) noexcept;
/// The same, from 0 to 2^64 - 1.
Result<std::uint64_t> unsigned_integer(ReplyView reply) noexcept;
Result<float> single_precision(ReplyView reply);

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !Character<T>;
template <class T>
concept Text = std::same_as<T, std::string> || std::same_as<T, std::string_view>;
template <class T>
concept Map = requires(T map, typename T::key_type key, typename T::mapped_type value) {
  map.emplace(std::move(key), std::move(value));
};
template <class T>
concept Set = !Map<T> && requires(T set, typename T::key_type key) { set.emplace(std::move(key)); };
template <class T>
concept Sequence = requires(T sequence, typename T::value_type value) { sequence.emplace_back(std::move(value)); };

template <class T>
inline constexpr bool is_pair = false;
template <class First, class Second>
inline constexpr bool is_pair<std::pair<First, Second>> = true;

template <class T>
concept PairSequence = Sequence<T> && is_pair<typename T::value_type>;
template <class T>
concept Elements = Set<T> || (Sequence<T> && !PairSequence<T>);

template <class T>
struct PairOf;
template <Map T>
struct PairOf<T> {
  using type = std::pair<typename T::key_type, typename T::mapped_type>;
};
template <PairSequence T>
struct PairOf<T> {
  using type = typename T::value_type;
};

template <class T>
concept Pairs = (Map<T> || PairSequence<T>) && FromReply<typename PairOf<T>::type>;

/// One pack for the elements of an array, a tuple or a pair.
template <class T>
struct PartsOf;
template <class T, std::size_t Size>
struct PartsOf<std::array<T, Size>> {
  static constexpr bool are_from_reply = FromReply<T>;
  static constexpr bool borrow = borrows_from_reply<T>;
};
template <class... Parts>
struct PartsOf<std::tuple<Parts...>> {
  static constexpr bool are_from_reply = (FromReply<Parts> && ...);
  static constexpr bool borrow = (borrows_from_reply<Parts> || ...);
};
template <class First, class Second>
struct PartsOf<std::pair<First, Second>> : PartsOf<std::tuple<First, Second>> {};

template <class T>
concept Tuple = PartsOf<T>::are_from_reply && std::default_initializable<T>;

template <class Container, class... Parts>
void append(Container& container, Parts&&... parts) {
  if constexpr (Sequence<Container>) {
    container.emplace_back(std::forward<Parts>(parts)...);
  } else {
    container.emplace(std::forward<Parts>(parts)...);
  }
}

template <class Container>
void reserve(Container& container, std::size_t count) {
  if constexpr (requires { container.reserve(count); }) container.reserve(count);
}

/// Reads the element at hand into `out` and steps on. False with `error` set if it is none.
template <class T>
bool read_into(ReplyView::Iterator& element, T& out, boost::system::error_code& error) {
  Result<T> read = reply_as<T>(*element);
  ++element;
  if (!read) {
    error = read.error();
    return false;
  }
  out = *std::move(read);
  return true;
}

}  // namespace convert

template <convert::Text T>
struct ReplyConverter<T> {
  static constexpr bool borrows = std::same_as<T, std::string_view>;
  static Result<T> convert(ReplyView reply) {
    const Result<std::string_view> text = reply.as_string();
    if (!text) return {convert::in_place_error, text.error()};
    return T{*text};
  }
};

template <convert::Integer T>
struct ReplyConverter<T> {
  static Result<T> convert(ReplyView reply) noexcept {
    const auto value = [&] {
      if constexpr (std::signed_integral<T>) return convert::signed_integer(reply);
      else return convert::unsigned_integer(reply);
    }();
    if (!value) return {convert::in_place_error, value.error()};
    if (!std::in_range<T>(*value)) return Errc::integer_out_of_range;
    return static_cast<T>(*value);
  }
};

template <>
struct ReplyConverter<double> {
  static Result<double> convert(ReplyView reply) { return reply.as_number(); }
};

/// The nearest float; what is finite and beyond its range is not_a_number.
template <>
struct ReplyConverter<float> {
  static Result<float> convert(ReplyView reply) { return convert::single_precision(reply); }
};

template <>
struct ReplyConverter<bool> {
  static Result<bool> convert(ReplyView reply) noexcept { return reply.as_boolean(); }
};

template <>
struct ReplyConverter<void> {
  static Result<void> convert(ReplyView) noexcept { return {}; }
};

template <>
struct ReplyConverter<std::monostate> {
  static Result<std::monostate> convert(ReplyView) noexcept { return std::monostate{}; }
};

template <>
struct ReplyConverter<Reply> {
  static constexpr bool takes_errors = true;
  static constexpr bool takes_null = true;
  static Result<Reply> convert(ReplyView reply) { return Reply{reply}; }
};

template <>
struct ReplyConverter<ReplyView> {
  static constexpr bool takes_errors = true;
  static constexpr bool takes_null = true;
  static constexpr bool borrows = true;
  static Result<ReplyView> convert(ReplyView reply) noexcept { return reply; }
};

template <FromReply T>
struct ReplyConverter<std::optional<T>> {
  static constexpr bool takes_null = true;
  static constexpr bool borrows = borrows_from_reply<T>;
  static Result<std::optional<T>> convert(ReplyView reply) {
    if (reply.is_null()) return std::optional<T>{};
    Result<T> value = reply_as<T>(reply);
    if (!value) return {convert::in_place_error, value.error()};
    return std::optional<T>{*std::move(value)};
  }
};

template <convert::Elements T>
  requires FromReply<typename T::value_type>
struct ReplyConverter<T> {
  static constexpr bool borrows = borrows_from_reply<typename T::value_type>;
  static Result<T> convert(ReplyView reply) {
    if (!reply.is_aggregate()) return Errc::not_an_aggregate;
    T out;
    convert::reserve(out, reply.size());
    for (const ReplyView element : reply) {
      Result<typename T::value_type> value = reply_as<typename T::value_type>(element);
      if (!value) return {convert::in_place_error, value.error()};
      convert::append(out, *std::move(value));
    }
    return out;
  }
};

template <convert::Pairs T>
struct ReplyConverter<T> {
  using Pair = typename convert::PairOf<T>::type;
  static constexpr bool borrows = borrows_from_reply<Pair>;
  static Result<T> convert(ReplyView reply) {
    if (!reply.is_aggregate()) return Errc::not_an_aggregate;
    auto element = reply.begin();
    const bool is_flat = reply.type() == ReplyType::map || reply.size() == 0 || !(*element).is_aggregate();
    if (is_flat && reply.size() % 2 != 0) return Errc::wrong_size;
    T out;
    convert::reserve(out, is_flat ? reply.size() / 2 : reply.size());
    while (element != reply.end()) {
      Pair pair;
      boost::system::error_code error;
      const bool is_read =
          is_flat ? convert::read_into(element, pair.first, error) && convert::read_into(element, pair.second, error)
                  : convert::read_into(element, pair, error);
      if (!is_read) return {convert::in_place_error, error};
      convert::append(out, std::move(pair.first), std::move(pair.second));
    }
    return out;
  }
};

/// std::array, std::tuple, std::pair.
template <convert::Tuple T>
struct ReplyConverter<T> {
  static constexpr bool borrows = convert::PartsOf<T>::borrow;
  static Result<T> convert(ReplyView reply) {
    if (!reply.is_aggregate()) return Errc::not_an_aggregate;
    if (reply.size() != std::tuple_size_v<T>) return Errc::wrong_size;
    T out{};
    boost::system::error_code error;
    [[maybe_unused]] auto element = reply.begin();
    const bool is_read =
        std::apply([&](auto&... parts) { return (convert::read_into(element, parts, error) && ...); }, out);
    if (!is_read) return {convert::in_place_error, error};
    return out;
  }
};

}  // namespace trackside
