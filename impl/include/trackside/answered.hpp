// A T, or the error that the server answered instead, with its text.
//
// Where an ordinary T ends in Errc::error_reply, an Answered<T> keeps what the server said:
//
//   const auto length = co_await client.async_call<trackside::Answered<int>>({"LLEN", "k"}, use_awaitable);
//   if (!length) std::puts(length.error().text().c_str());  // WRONGTYPE Operation against a key holding ...
//
// It also reads transactions, where one command may fail and the next one not:
// `reply_as<std::tuple<Answered<void>, Answered<std::int64_t>>>(reply)`.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "trackside/convert.hpp"

namespace trackside {

/// What a server answers with `-ERR no such key`: the text without the minus.
class ServerError {
 public:
  ServerError() = default;
  explicit ServerError(std::string_view text) : text_(text) {}

  const std::string& text() const noexcept { return text_; }
  /// The first word: "ERR", "WRONGTYPE".
  std::string_view code() const noexcept { return std::string_view{text_}.substr(0, text_.find(' ')); }

  friend bool operator==(const ServerError&, const ServerError&) = default;

 private:
  std::string text_;
};

/// `Answered<T>::value` throws a boost::system::system_error with Errc::error_reply and the server's text.
[[noreturn]] void throw_exception_from_error(const ServerError& error, const boost::source_location& location);

template <class T>
using Answered = boost::system::result<T, ServerError>;

template <FromReply T>
struct ReplyConverter<Answered<T>> {
  static constexpr bool takes_errors = true;
  static constexpr bool takes_null = true;
  static constexpr bool borrows = borrows_from_reply<T>;
  static Result<Answered<T>> convert(ReplyView reply) {
    using convert::in_place_value;
    if (reply.is_error()) return {in_place_value, convert::in_place_error, ServerError{*reply.as_string()}};
    Result<T> value = reply_as<T>(reply);
    if (!value) return {convert::in_place_error, value.error()};
    if constexpr (std::is_void_v<T>) return {in_place_value, in_place_value};
    else return {in_place_value, in_place_value, *std::move(value)};
  }
};

}  // namespace trackside
