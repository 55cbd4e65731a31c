// The brief form of frames, and the little world that transcripts happen in.
#include "properties/sim/redis_transcript.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "resp/frame_buffer.hpp"

namespace trackside::testing {
namespace {

std::string brief(ReplyView reply);

std::string joined(ReplyView aggregate, std::string_view separator) {
  std::string text;
  for (const ReplyView element : aggregate) text += (text.empty() ? "" : std::string{separator}) + brief(element);
  return text;
}

std::string brief_push(ReplyView push) {
  if (push[0].as_string().value() != "invalidate") return ">[" + joined(push, ",") + "]";
  if (push[1].is_null()) return "PUSH[null]";
  std::string keys;
  for (const ReplyView key : push[1]) keys += (keys.empty() ? "" : ",") + std::string{key.as_string().value()};
  return "PUSH[" + keys + "]";
}

std::string brief(ReplyView reply) {
  switch (reply.type()) {
    case ReplyType::null: return "_";
    case ReplyType::simple_string: return "+" + std::string{reply.as_string().value()};
    case ReplyType::error: return "-" + std::string{reply.as_string().value()};
    case ReplyType::integer: return ":" + std::to_string(reply.as_integer().value());
    case ReplyType::bulk_string:
    case ReplyType::verbatim:
    case ReplyType::big_number: return '"' + std::string{reply.as_string().value()} + '"';
    case ReplyType::number: return "," + std::string{reply.frame().substr(1, reply.frame().size() - 3)};
    case ReplyType::boolean: return reply.as_boolean().value() ? "#t" : "#f";
    case ReplyType::array: return "[" + joined(reply, " ") + "]";
    case ReplyType::set: return "~[" + joined(reply, " ") + "]";
    case ReplyType::map: return "{" + joined(reply, " ") + "}";
    case ReplyType::push: return brief_push(reply);
  }
  return {};
}

}  // namespace

std::string brief(std::string_view frames) {
  resp::FrameBuffer buffer{{}};
  buffer.feed(frames);
  std::string text;
  for (auto next = buffer.next(); next.status == resp::FrameBuffer::Status::frame; next = buffer.next())
    text += (text.empty() ? "" : " | ") + brief(next.frame);
  return text;
}

void RecordingObserver::on_change(const Change& change) {
  std::string text = std::to_string(change.database) + " " + std::string{change.key};
  if (change.value == nullptr) text += " gone";
  else text += " = " + brief(evaluate(change.value, change.key, std::vector<std::string_view>{"GET", change.key}));
  if (change.expires_at >= 0) text += " expires " + std::to_string(change.expires_at - sim::epoch_milliseconds);
  text += " by " + std::to_string(static_cast<std::uint32_t>(change.by));
  changes.push_back({text, change.cause, change.value});
}

std::string RecordingObserver::take() {
  std::string text;
  for (; taken_ < changes.size(); ++taken_) text += (text.empty() ? "" : " | ") + changes[taken_].text;
  return text;
}

World::World(sim::redis::ServerConfig config) : server(std::move(config), &observer) {}

void World::wait_until(sim::Instant when, std::uint64_t expiry_lag_ticks) {
  while (server.next_timer() <= when) {
    now = std::max(now, server.next_timer());
    server.run_timers(now, expiry_lag_ticks);
  }
  now = when;
}

Peer::Peer(World& world, std::string_view greeting)
    : world_(world), id_(world.server.open(world.now, "10.0.0.1:" + std::to_string(world.server.session_count()))) {
  if (!greeting.empty()) says(greeting);
}

void Peer::sends(std::string_view lines) {
  std::string bytes;
  for (std::size_t start = 0; start <= lines.size();) {
    const std::size_t end = std::min(lines.find('\n', start), lines.size());
    bytes += std::string{lines.substr(start, end - start)} + "\r\n";
    start = end + 1;
  }
  world_.server.feed(id_, bytes, world_.now);
}

void Peer::says(std::string_view lines) {
  sends(lines);
  received();
}

std::string Peer::received() { return brief(std::exchange(world_.server.output(id_), {})); }

void Peer::gets(std::string_view expected, int line) {
  EXPECT_EQ(received(), expected) << "in the line " << line;
}

}  // namespace trackside::testing
