// Properties of the RESP part: replies as random trees, cut into random pieces, mutated, and read back.
//
// The trees are written by an encoder of this file's own, so that scanner and views are judged by something that
// shares no code with them. Small limits and RESP-shaped garbage reach the corners that purely random bytes never do.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "resp/frame_buffer.hpp"
#include "resp/request_buffer.hpp"
#include "resp/writer.hpp"
#include "trackside/command.hpp"
#include "trackside/reply.hpp"

namespace {

using trackside::Command;
using trackside::ReplyLimits;
using trackside::ReplyType;
using trackside::ReplyView;
using trackside::resp::FrameBuffer;
using trackside::resp::RequestBuffer;

struct Tree {
  char type = '_';
  std::string text;            // what the bytes say: the line or the body
  std::vector<Tree> children;  // of aggregates; keys and values apart
  std::vector<Tree> metadata;  // an attribute before this reply: keys and values
};

enum class Attributes { written, left_out };

void encode(const Tree& tree, Attributes attributes, std::string& out) {
  if (!tree.metadata.empty() && attributes == Attributes::written) {
    out += "|" + std::to_string(tree.metadata.size() / 2) + "\r\n";
    for (const Tree& entry : tree.metadata) {
      encode(entry, attributes, out);
    }
  }
  const std::string_view bulks = "$!=";
  const std::string_view aggregates = "*~%>";
  if (bulks.find(tree.type) != bulks.npos && tree.text != "null") {
    out += tree.type + std::to_string(tree.text.size()) + "\r\n" + tree.text + "\r\n";
  } else if (aggregates.find(tree.type) != aggregates.npos && tree.text != "null") {
    out += tree.type + std::to_string(tree.children.size() / (tree.type == '%' ? 2 : 1)) + "\r\n";
    for (const Tree& child : tree.children) {
      encode(child, attributes, out);
    }
  } else {
    out += tree.type + (tree.text == "null" ? "-1" : tree.text) + "\r\n";
  }
}

std::string encoded(const Tree& tree, Attributes attributes) {
  std::string out;
  encode(tree, attributes, out);
  return out;
}

std::string any_text() {
  return *rc::gen::container<std::string>(rc::gen::weightedOneOf<char>({{8, rc::gen::inRange<char>('a', 'z')},
                                                                        {2, rc::gen::arbitrary<char>()},
                                                                        {1, rc::gen::element('\r', '\n', '$')}}));
}

std::string any_line() {
  std::string text = any_text();
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return text;
}

Tree any_tree(int depth_max, bool is_top = true, bool may_have_metadata = true);

std::vector<Tree> any_trees(int count, int depth_max, bool may_have_metadata) {
  std::vector<Tree> trees;
  for (int i = 0; i < count; ++i) {
    trees.push_back(any_tree(depth_max, false, may_have_metadata));
  }
  return trees;
}

Tree any_tree(int depth_max, bool is_top, bool may_have_metadata) {
  const std::string types = depth_max == 0 ? "+-:$!=(,#_" : is_top ? "+-:$!=(,#_*~%>*%>" : "+-:$!=(,#_*~%*~%";
  Tree tree;
  tree.type = types[*rc::gen::inRange<std::size_t>(0, types.size())];
  switch (tree.type) {
    case '+': case '-': tree.text = any_line(); break;
    case ':': tree.text = std::to_string(*rc::gen::arbitrary<std::int64_t>()); break;
    case '$': tree.text = *rc::gen::inRange(0, 8) == 0 ? "null" : any_text(); break;
    case '!': tree.text = any_text(); break;
    case '=': tree.text = "txt:" + any_text(); break;
    case '(': tree.text = std::to_string(*rc::gen::arbitrary<std::int64_t>()) + "0123456789"; break;
    case ',': tree.text = *rc::gen::element<std::string>("inf", "-inf", "nan", "1", "-0.5", "1e+20", "2.5E-7"); break;
    case '#': tree.text = *rc::gen::element<std::string>("t", "f"); break;
    case '_': break;
    default: {
      const int count = *rc::gen::inRange(0, 5) * (tree.type == '%' ? 2 : 1);
      tree.text = tree.type == '*' && *rc::gen::inRange(0, 8) == 0 ? "null" : "";
      tree.children = any_trees(tree.text.empty() ? count : 0, depth_max - 1, may_have_metadata);
    }
  }
  if (tree.text == "null" && tree.type != '*' && tree.type != '$') {
    tree.text = "nil";
  }
  if (may_have_metadata && depth_max > 0 && *rc::gen::inRange(0, 6) == 0) {
    tree.metadata = any_trees(2 * *rc::gen::inRange(1, 3), depth_max - 1, true);
  }
  return tree;
}

/// What came out of a stream: copies of the frames, and how it ended.
struct Outcome {
  std::vector<std::string> frames;
  boost::system::error_code error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::vector<std::string_view> cut(std::string_view bytes, const std::vector<std::size_t>& sizes) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; !bytes.empty(); ++i) {
    const std::size_t size = sizes.empty() ? bytes.size() : std::min(bytes.size(), sizes[i % sizes.size()]);
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

std::vector<std::size_t> any_sizes() {
  return *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(
      rc::gen::weightedOneOf<std::size_t>({{3, rc::gen::inRange<std::size_t>(1, 4)},
                                           {2, rc::gen::inRange<std::size_t>(1, 100)}})));
}

std::size_t exercise(ReplyView view) {
  std::size_t depth = view.is_aggregate() ? 1 : 0;
  std::size_t deepest = 0;
  std::size_t count = 0;
  (void)view.as_string();
  (void)view.as_integer();
  (void)view.as_number();
  (void)view.as_boolean();
  RC_ASSERT(trackside::to_text(view, 20).size() <= 20u);
  for (const ReplyView element : view) {
    RC_ASSERT(view[count].frame() == element.frame());
    deepest = std::max(deepest, exercise(element));
    ++count;
  }
  RC_ASSERT(count == view.size());
  RC_ASSERT(view[count].is_null());
  return depth + deepest;
}

Outcome parse(std::string_view bytes, const std::vector<std::size_t>& sizes, ReplyLimits limits) {
  FrameBuffer buffer(limits);
  Outcome outcome;
  std::size_t piece_max = 0;
  for (const std::string_view piece : cut(bytes, sizes)) {
    buffer.feed(piece);
    piece_max = std::max(piece_max, piece.size());
    std::vector<ReplyView> views;
    const std::size_t already = outcome.frames.size();
    FrameBuffer::Next next = buffer.next();
    for (; next.status == FrameBuffer::Status::frame; next = buffer.next()) {
      views.push_back(next.frame);
      outcome.frames.emplace_back(next.frame.frame());
    }
    for (std::size_t i = 0; i < views.size(); ++i) {
      RC_ASSERT(views[i].frame() == outcome.frames[already + i]);
    }
    RC_ASSERT(buffer.capacity() <= limits.max_bytes + piece_max);
    if (next.status == FrameBuffer::Status::error) {
      outcome.error = next.error;
      buffer.feed("+OK\r\n");
      RC_ASSERT(buffer.next().error == next.error);
      RC_ASSERT(buffer.capacity() == 0u);
      return outcome;
    }
    RC_ASSERT(buffer.buffered() <= limits.max_bytes);
  }
  return outcome;
}

void expect_same(ReplyView view, const Tree& tree) {
  RC_ASSERT(view.frame() == encoded(tree, Attributes::left_out));
  RC_ASSERT(view.size() == tree.children.size());
  RC_ASSERT(view.is_null() == (tree.type == '_' || tree.text == "null"));
  RC_ASSERT(view.is_error() == (tree.type == '-' || tree.type == '!'));
  if (std::string_view("+-$!(").find(tree.type) != std::string_view::npos && !view.is_null()) {
    RC_ASSERT(view.as_string().value() == tree.text);
  }
  if (tree.type == '=') {
    RC_ASSERT(view.as_string().value() == tree.text.substr(4));
  }
  if (tree.type == ':') {
    RC_ASSERT(std::to_string(view.as_integer().value()) == tree.text);
  }
  if (tree.type == ',') {
    const double expected = std::stod(tree.text);
    const double got = view.as_number().value();
    RC_ASSERT(got == expected || (std::isnan(got) && std::isnan(expected)));
  }
  auto element = view.begin();
  for (const Tree& child : tree.children) {
    expect_same(*element, child);
    ++element;
  }
  RC_ASSERT(element == view.end());
}

std::string mutated(std::string bytes) {
  const int count = *rc::gen::inRange(1, 5);
  for (int i = 0; i < count && !bytes.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    const char byte = *rc::gen::weightedOneOf<char>(
        {{6, rc::gen::elementOf(std::string("+-:$*_,#!=(%~>|0123459\r\ntf?;."))}, {1, rc::gen::arbitrary<char>()}});
    switch (*rc::gen::inRange(0, 4)) {
      case 0: bytes[at] = byte; break;
      case 1: bytes.insert(at, 1, byte); break;
      case 2: bytes.erase(at, *rc::gen::inRange<std::size_t>(1, 4)); break;
      default: bytes.insert(at, bytes.substr(at, *rc::gen::inRange<std::size_t>(1, 12)));
    }
  }
  return bytes;
}

RC_GTEST_PROP(Resp, AnyChunkingParsesAlike, ()) {
  std::string bytes;
  std::vector<Tree> trees;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    trees.push_back(any_tree(3));
    encode(trees.back(), Attributes::written, bytes);
  }
  const Outcome whole = parse(bytes, {}, ReplyLimits{});
  RC_ASSERT(!whole.error);
  RC_ASSERT(whole.frames.size() == trees.size());
  for (std::size_t i = 0; i < trees.size(); ++i) {
    expect_same(ReplyView{whole.frames[i]}, trees[i]);
    exercise(ReplyView{whole.frames[i]});
  }
  RC_ASSERT(parse(bytes, any_sizes(), ReplyLimits{}) == whole);
  RC_ASSERT(parse(bytes, {1}, ReplyLimits{}) == whole);
}

RC_GTEST_PROP(Resp, HostileBytesNeitherCrashNorExceedTheLimits, ()) {
  std::string bytes;
  encode(any_tree(3), Attributes::written, bytes);
  encode(any_tree(3), Attributes::written, bytes);
  bytes = mutated(std::move(bytes));
  const ReplyLimits limits{*rc::gen::inRange<std::size_t>(0, 400), *rc::gen::inRange<std::size_t>(0, 5)};
  const Outcome whole = parse(bytes, {}, limits);
  RC_ASSERT(parse(bytes, any_sizes(), limits) == whole);
  RC_ASSERT(parse(bytes, {1}, limits) == whole);
  for (const std::string& frame : whole.frames) {
    RC_ASSERT(frame.size() <= limits.max_bytes);
    RC_ASSERT(exercise(ReplyView{frame}) <= limits.max_depth);
    RC_ASSERT(parse(frame, {}, limits) == (Outcome{{frame}, {}}));
  }
}

RC_GTEST_PROP(Resp, RandomBytesOfTheAlphabetNeitherCrashNorExceedTheLimits, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("$*|%>=_\r\n\r\n0123-+:,#t")));
  const ReplyLimits limits{60, 3};
  const Outcome whole = parse(bytes, {}, limits);
  RC_ASSERT(parse(bytes, {1}, limits) == whole);
  for (const std::string& frame : whole.frames) {
    exercise(ReplyView{frame});
  }
}

RC_GTEST_PROP(Resp, AReplyIsAcceptedExactlyWithinItsLimits, ()) {
  const Tree tree = any_tree(4, true, false);
  const std::string bytes = encoded(tree, Attributes::written);
  const std::size_t depth = exercise(ReplyView{bytes});
  RC_ASSERT(parse(bytes, any_sizes(), {bytes.size(), depth}) == (Outcome{{bytes}, {}}));
  RC_ASSERT(parse(bytes, any_sizes(), {bytes.size() - 1, depth}).error == trackside::Errc::reply_too_large);
  if (depth > 0) {
    RC_ASSERT(parse(bytes, any_sizes(), {bytes.size(), depth - 1}).error == trackside::Errc::reply_too_deep);
  }
}

struct Requests {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  friend bool operator==(const Requests&, const Requests&) = default;
};

Requests parse_requests(std::string_view bytes, const std::vector<std::size_t>& sizes) {
  RequestBuffer buffer;
  Requests outcome;
  std::vector<std::string_view> arguments;
  for (const std::string_view piece : cut(bytes, sizes)) {
    buffer.feed(piece);
    RequestBuffer::Status status = buffer.next(arguments);
    for (; status == RequestBuffer::Status::request; status = buffer.next(arguments)) {
      RC_ASSERT(!arguments.empty());
      outcome.requests.emplace_back(arguments.begin(), arguments.end());
    }
    RC_ASSERT(arguments.empty());
    if (status == RequestBuffer::Status::error) {
      outcome.error = buffer.error_text();
      buffer.feed("PING\r\n");
      RC_ASSERT(buffer.next(arguments) == RequestBuffer::Status::error);
      return outcome;
    }
  }
  return outcome;
}

std::vector<std::string> any_arguments() {
  std::vector<std::string> arguments;
  const int count = *rc::gen::inRange(1, 9);
  for (int i = 0; i < count; ++i) {
    arguments.push_back(any_text());
  }
  return arguments;
}

RC_GTEST_PROP(Resp, CommandsRoundTripThroughTheServersParser, ()) {
  std::string bytes;
  std::vector<std::vector<std::string>> sent;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    sent.push_back(any_arguments());
    const std::vector<std::string_view> views(sent.back().begin(), sent.back().end());
    const Command command{std::span<const std::string_view>(views)};
    Command grown;
    for (const std::string_view argument : views) {
      grown.add(argument);
    }
    RC_ASSERT(command == grown);
    RC_ASSERT(command.size() == views.size());
    RC_ASSERT(command[command.size() - 1] == views.back());
    const std::size_t before = bytes.size();
    command.encode(bytes);
    RC_ASSERT(bytes.size() - before == command.encoded_size());
  }
  RC_ASSERT(parse_requests(bytes, any_sizes()) == (Requests{sent, {}}));
  RC_ASSERT(parse_requests(bytes, {}) == (Requests{sent, {}}));
}

RC_GTEST_PROP(Resp, QuotedInlineRequestsRoundTrip, ()) {
  const auto arguments = any_arguments();
  std::string line;
  for (const std::string& argument : arguments) {
    line += '"';
    for (const char c : argument) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      line += escaped;
    }
    line += "\" ";
  }
  line += *rc::gen::element<std::string>("\n", "\r\n");
  RC_ASSERT(parse_requests(line, any_sizes()) == (Requests{{arguments}, {}}));
}

RC_GTEST_PROP(Resp, HostileRequestsParseAlikeInAnyChunking, ()) {
  std::string bytes;
  const auto arguments = any_arguments();
  const std::vector<std::string_view> views(arguments.begin(), arguments.end());
  Command{std::span<const std::string_view>(views)}.encode(bytes);
  bytes = mutated(bytes + "SET 'a' \"b\\x41\"\r\n" + bytes);
  RC_ASSERT(parse_requests(bytes, any_sizes()) == parse_requests(bytes, {}));
}

RC_GTEST_PROP(Resp, NumbersRoundTripThroughTheWriter, (double value, std::int64_t integer)) {
  std::string out;
  trackside::resp::number(out, value, trackside::resp::Protocol::resp3);
  char expected[64];
  std::snprintf(expected, sizeof expected, ",%.17g\r\n", value);
  RC_ASSERT(out == expected);
  RC_ASSERT(parse(out, {}, {}).frames.size() == 1u);
  RC_ASSERT(ReplyView{out}.as_number().value() == value);
  out.clear();
  trackside::resp::integer(out, integer);
  RC_ASSERT(ReplyView{out}.as_integer().value() == integer);
}

}  // namespace
