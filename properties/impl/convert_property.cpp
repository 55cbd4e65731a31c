// Properties of `reply_as`: what was encoded comes back, in every form of both protocols; and no reply, however odd, is
// taken for something that it is not, or read beyond its end.
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "resp/frame_buffer.hpp"
#include "resp/writer.hpp"
#include "trackside/answered.hpp"
#include "trackside/convert.hpp"

namespace trackside {
namespace {

using resp::Protocol;

Protocol any_protocol() { return *rc::gen::element(Protocol::resp2, Protocol::resp3); }

RC_GTEST_PROP(Convert, AnyVectorOfStringsComesBackFromItsEncoding, (const std::vector<std::string>& strings)) {
  std::string bytes;
  resp::array_header(bytes, strings.size());
  for (const std::string& string : strings) resp::bulk(bytes, string);
  RC_ASSERT(reply_as<std::vector<std::string>>(ReplyView{bytes}).value() == strings);
  const auto views = reply_as<std::vector<std::string_view>>(ReplyView{bytes}).value();
  RC_ASSERT(std::vector<std::string>(views.begin(), views.end()) == strings);
}

RC_GTEST_PROP(Convert, AnyMapComesBackFromItsEncoding, (const std::map<std::string, std::int32_t>& map)) {
  const Protocol protocol = any_protocol();
  std::string bytes;
  resp::map_header(bytes, map.size(), protocol);
  for (const auto& [key, value] : map) {
    resp::bulk(bytes, key);
    resp::integer(bytes, value);
  }
  RC_ASSERT((reply_as<std::map<std::string, std::int32_t>>(ReplyView{bytes}).value() == map));
}

RC_GTEST_PROP(Convert, AnyScoresComeBackFromBothProtocols,
              (const std::vector<std::pair<std::string, double>>& scores)) {
  const Protocol protocol = any_protocol();
  std::string bytes;
  resp::array_header(bytes, protocol == Protocol::resp2 ? 2 * scores.size() : scores.size());
  for (const auto& [member, score] : scores) {
    if (protocol == Protocol::resp3) resp::array_header(bytes, 2);
    resp::bulk(bytes, member);
    resp::number(bytes, score, protocol);
  }
  RC_ASSERT((reply_as<std::vector<std::pair<std::string, double>>>(ReplyView{bytes}).value() == scores));
}

template <class T>
void comes_back_if_it_fits(std::int64_t value, const std::string& bytes) {
  const Result<T> read = reply_as<T>(ReplyView{bytes});
  RC_ASSERT(read.has_value() == std::in_range<T>(value));
  if (read) {
    RC_ASSERT(std::cmp_equal(*read, value));
  } else {
    RC_ASSERT(read.error() == Errc::integer_out_of_range);
  }
}

RC_GTEST_PROP(Convert, AnIntegerComesBackExactlyIfItsTypeCanHoldIt, ()) {
  const auto value = *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(-300, 300),
                                     rc::gen::element<std::int64_t>(INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX));
  std::string bytes;
  if (*rc::gen::arbitrary<bool>()) {
    resp::integer(bytes, value);
  } else {
    resp::bulk(bytes, std::to_string(value));
  }
  comes_back_if_it_fits<std::int8_t>(value, bytes);
  comes_back_if_it_fits<std::uint8_t>(value, bytes);
  comes_back_if_it_fits<std::int16_t>(value, bytes);
  comes_back_if_it_fits<std::uint32_t>(value, bytes);
  comes_back_if_it_fits<std::int64_t>(value, bytes);
  comes_back_if_it_fits<std::uint64_t>(value, bytes);
}

// ---- replies of any shape ----

std::string any_frame(int depth) {
  std::string bytes;
  switch (*rc::gen::inRange(0, depth > 0 ? 13 : 9)) {
    case 0: return "_\r\n";
    case 1: return "$-1\r\n";
    case 2: return "#t\r\n";
    case 3: return ",1.5\r\n";
    case 4: return "-ERR no\r\n";
    case 5: resp::integer(bytes, *rc::gen::inRange<std::int64_t>(-2, 300)); return bytes;
    case 6: resp::simple(bytes, "OK"); return bytes;
    case 7: resp::bulk(bytes, *rc::gen::arbitrary<std::string>()); return bytes;
    case 8: return "(99999999999999999999\r\n";
    default: break;
  }
  const char type = *rc::gen::element('*', '*', '~', '%');
  const int count = *rc::gen::inRange(0, 4);
  bytes = type + std::to_string(count) + "\r\n";
  for (int i = 0; i < count * (type == '%' ? 2 : 1); ++i) bytes += any_frame(depth - 1);
  return bytes;
}

/// Reads the reply as a T; that must be a T or one of the errors of reading.
template <class T>
void read_as(ReplyView reply) {
  const Result<T> read = reply_as<T>(reply);
  if (read) return;
  RC_ASSERT(read.error().category() == error_category());
  RC_ASSERT(read.error().value() >= static_cast<int>(Errc::not_a_string));
}

RC_GTEST_PROP(Convert, AnyReplyIsReadOrRefusedByName, ()) {
  const std::string bytes = any_frame(3);
  const ReplyView reply{bytes};
  read_as<std::string>(reply);
  read_as<int>(reply);
  read_as<std::uint64_t>(reply);
  read_as<float>(reply);
  read_as<bool>(reply);
  read_as<void>(reply);
  read_as<std::optional<std::string_view>>(reply);
  read_as<std::vector<std::optional<std::string>>>(reply);
  read_as<std::map<std::string, std::string>>(reply);
  read_as<std::map<std::string, std::vector<std::pair<std::string, std::string>>>>(reply);
  read_as<std::vector<std::pair<std::string, double>>>(reply);
  read_as<std::tuple<Answered<void>, std::optional<int>, Reply>>(reply);
  read_as<Answered<std::vector<ReplyView>>>(reply);
  RC_ASSERT(reply_as<Reply>(reply)->view().frame() == bytes);
}

RC_GTEST_PROP(Convert, ASequenceHasAsManyElementsAsTheReply, ()) {
  const std::string bytes = any_frame(3);
  const ReplyView reply{bytes};
  const auto elements = reply_as<std::vector<Reply>>(reply);
  RC_ASSERT(elements.has_value() == reply.is_aggregate());
  if (!elements) return;
  RC_ASSERT(elements->size() == reply.size());
  for (std::size_t i = 0; i < elements->size(); ++i) RC_ASSERT((*elements)[i].view().frame() == reply[i].frame());
}

}  // namespace
}  // namespace trackside
