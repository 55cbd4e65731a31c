#include "properties/testing/timeline/timeline_messages.hpp"

#include <algorithm>
#include <deque>

#include "properties/testing/timeline/short_text.hpp"
#include "resp/frame_buffer.hpp"
#include "resp/request_buffer.hpp"
#include "trackside/reply.hpp"

namespace trackside::testing {
namespace {

using Message = Timeline::Message;
using Weight = Timeline::Weight;
using Keys = std::map<std::string, Timeline::KeyIndex, std::less<>>;

constexpr std::size_t reply_text_max = 120;
constexpr std::size_t message_text_max = 240;

/// Commands by which a client is there, not by which it asks for anything.
constexpr std::array upkeep_commands{"AUTH",   "CLIENT",     "CLUSTER",      "COMMAND",   "HELLO",    "INFO",
                                     "LATENCY", "PING",       "PSUBSCRIBE",   "READONLY",  "READWRITE", "ROLE",
                                     "SELECT", "SENTINEL",   "SSUBSCRIBE",   "SUBSCRIBE", "TIME",     "UNSUBSCRIBE",
                                     "WAIT",   "SUNSUBSCRIBE"};
/// What a server says by itself. In RESP2 it is an array, and looks like a reply.
constexpr std::array subscriber_words{"message",   "pmessage",   "smessage",     "subscribe",   "psubscribe",
                                      "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"};

template <class Names>
bool is_one_of(const Names& names, std::string_view word) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::string upper(std::string_view word) {
  std::string text{word};
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string_view string_in(ReplyView reply) {
  const auto text = reply.as_string();
  return text.has_value() ? *text : std::string_view{};
}

/// Answered by pushes, one for each channel.
bool is_subscription(std::string_view command) { return command.ends_with("SUBSCRIBE"); }

bool is_push(ReplyView frame, bool subscribed) {
  return frame.type() == ReplyType::push ||
         (subscribed && frame.type() == ReplyType::array && frame.size() >= 3 &&
          is_one_of(subscriber_words, string_in(frame[0])));
}

/// What the server says of itself when a subscription begins is of no matter; that one ends is.
Weight weight_of_push(ReplyView frame) {
  return string_in(frame[0]).ends_with("subscribe") && !string_in(frame[0]).ends_with("unsubscribe") ? Weight::upkeep
                                                                                                     : Weight::matter;
}

/// "invalidate k1 k2", "invalidate everything", "message channel text".
std::string push_text(ReplyView frame) {
  std::string text;
  for (const ReplyView element : frame) {
    text += text.empty() ? "" : " ";
    if (element.is_null()) {
      text += "everything";
    } else if (element.is_aggregate()) {
      std::vector<std::string_view> words;
      for (const ReplyView each : element) {
        words.push_back(string_in(each));
      }
      text += short_words(words, reply_text_max);
    } else if (element.as_string().has_value()) {
      text += short_word(string_in(element));
    } else {
      text += to_text(element, reply_text_max);
    }
  }
  return cut(std::move(text), reply_text_max);
}

void add_keys(ReplyView frame, const Keys& keys, std::vector<Timeline::KeyIndex>& out) {
  for (const ReplyView element : frame) {
    if (element.is_aggregate()) {
      add_keys(element, keys, out);
    } else if (const auto found = keys.find(string_in(element)); found != keys.end()) {
      out.push_back(found->second);
    }
  }
}

}  // namespace

void MessageLog::on_sent(When departure, const sim::ConnectionName& connection, sim::Direction direction,
                         std::string_view bytes) {
  Way& way = MessageLog::way(traffic_of(connection), direction);
  way.bytes.append(bytes);
  way.sent.push_back({departure, way.bytes.size()});
}

void MessageLog::on_read(When when, const sim::ConnectionName& connection, sim::Direction direction,
                         std::size_t bytes) {
  Way& way = MessageLog::way(traffic_of(connection), direction);
  way.read.push_back({when, (way.read.empty() ? 0 : way.read.back().end) + bytes});
}

void MessageLog::on_vanished(When when, const sim::ConnectionName& connection, std::string_view frames) {
  traffic_of(connection).vanished.push_back({when, std::string{frames}});
}

MessageLog::Traffic& MessageLog::traffic_of(const sim::ConnectionName& connection) {
  Traffic& traffic = traffic_[{connection.host, static_cast<std::uint32_t>(connection.server), connection.ordinal}];
  traffic.name = connection;
  return traffic;
}

/// One connection's frames, and what becomes of them: messages, of those that travelled together one.
class MessageLog::Decoder {
 public:
  Decoder(const Traffic& traffic, std::uint32_t hosts, const Keys& keys)
      : traffic_(traffic), keys_(keys), client_(traffic.name.host),
        node_(hosts + static_cast<std::uint32_t>(traffic.name.server)) {}

  /// Appends to `out`; what messages answer is counted from its beginning.
  void run(std::vector<Decoded>& out) {
    read_commands();
    read_replies(traffic_.to_client);
    for (const Vanished& each : traffic_.vanished) {
      add_vanished(each);
    }
    std::stable_sort(frames_.begin(), frames_.end(), [](const Frame& left, const Frame& right) {
      return std::pair{left.message.kind == Message::Kind::command, left.message.sent} <
             std::pair{right.message.kind == Message::Kind::command, right.message.sent};
    });
    join(out);
  }

 private:
  struct Frame {
    Message message;
    std::vector<std::string> words;        // of commands
    std::uint32_t number = Timeline::none;   // of commands: the n-th of the connection
    std::uint32_t answered = Timeline::none;  // of replies: which of those
  };
  struct Command {
    std::string name;
    std::vector<Timeline::KeyIndex> keys;
    Weight weight;
  };

  Message message(Message::Kind kind, const Way& way, std::size_t end) const {
    const auto reaches = [end](const Mark& mark) { return mark.end >= end; };
    const auto sent = std::find_if(way.sent.begin(), way.sent.end(), reaches);
    const auto read = std::find_if(way.read.begin(), way.read.end(), reaches);
    const bool to_server = kind == Message::Kind::command;
    Message result;
    result.kind = kind;
    result.from = to_server ? client_ : node_;
    result.to = to_server ? node_ : client_;
    result.connection = traffic_.name.ordinal;
    if (sent != way.sent.end()) {
      result.sent = sent->when.at;
      result.sent_order = sent->when.order;
    }
    if (read != way.read.end()) {
      result.arrived = read->when.at;
      result.arrived_order = read->when.order;
    }
    return result;
  }

  void read_commands() {
    const Way& way = traffic_.to_server;
    resp::RequestBuffer requests;
    std::size_t fed = 0;
    for (const Mark& mark : way.sent) {
      requests.feed(std::string_view(way.bytes).substr(fed, mark.end - fed));
      fed = mark.end;
      std::vector<std::string_view> words;
      while (requests.next(words) == resp::RequestBuffer::Status::request) {
        add_command(words, message(Message::Kind::command, way, fed - requests.buffered()));
      }
    }
  }

  void add_command(const std::vector<std::string_view>& words, Message message) {
    Frame frame{.message = std::move(message), .words = {}};
    const std::string name = upper(words.front());
    frame.message.text = short_words(words);
    frame.message.weight = is_one_of(upkeep_commands, name) ? Weight::upkeep : Weight::matter;
    for (const std::string_view word : words) {
      frame.words.emplace_back(word);
      if (const auto found = keys_.find(word); found != keys_.end() && &word != words.data()) {
        frame.message.keys.push_back(found->second);
      }
    }
    if (is_subscription(name)) {
      subscribed_ = true;
    } else {
      frame.number = static_cast<std::uint32_t>(commands_.size());
      commands_.push_back({name, frame.message.keys, frame.message.weight});
    }
    frames_.push_back(std::move(frame));
  }

  void read_replies(const Way& way) {
    resp::FrameBuffer buffer{ReplyLimits{}};
    std::size_t fed = 0;
    for (const Mark& mark : way.sent) {
      buffer.feed(std::string_view(way.bytes).substr(fed, mark.end - fed));
      fed = mark.end;
      for (auto next = buffer.next(); next.status == resp::FrameBuffer::Status::frame; next = buffer.next()) {
        add_reply(next.frame, way, fed - buffer.buffered());
      }
    }
  }

  void add_reply(ReplyView view, const Way& way, std::size_t end) {
    if (is_push(view, subscribed_)) {
      add_push(view, message(Message::Kind::push, way, end));
      return;
    }
    Frame frame{.message = message(Message::Kind::reply, way, end), .words = {}};
    frame.message.text = to_text(view, reply_text_max);
    if (replies_ < commands_.size()) {
      const Command& command = commands_[replies_];
      frame.answered = replies_;
      frame.message.keys = command.keys;
      frame.message.weight = view.is_error() ? Weight::matter : command.weight;
    }
    ++replies_;
    frames_.push_back(std::move(frame));
  }

  void add_push(ReplyView view, Message message) {
    message.text = push_text(view);
    message.weight = weight_of_push(view);
    add_keys(view, keys_, message.keys);
    frames_.push_back({.message = std::move(message), .words = {}});
  }

  void add_vanished(const Vanished& vanished) {
    resp::FrameBuffer buffer{ReplyLimits{}};
    buffer.feed(vanished.frames);
    for (auto next = buffer.next(); next.status == resp::FrameBuffer::Status::frame; next = buffer.next()) {
      Message lost = message(Message::Kind::push, {}, 0);
      lost.sent = vanished.when.at;
      lost.sent_order = vanished.when.order;
      lost.vanished = true;
      add_push(next.frame, std::move(lost));
    }
  }

  static bool travel_together(const Message& left, const Message& right) {
    return left.kind == right.kind && left.sent == right.sent && left.arrived == right.arrived &&
           left.vanished == right.vanished;
  }

  void join(std::vector<Decoded>& out) {
    std::vector<std::uint32_t> message_of(commands_.size(), Timeline::none);  // by the command's number
    const std::size_t first = out.size();
    std::vector<std::uint32_t> answered;
    for (Frame& frame : frames_) {
      if (out.size() == first || !travel_together(out.back().message, frame.message)) {
        out.push_back({frame.message, {}});
        answered.push_back(frame.answered);
      } else {
        add_to(out.back().message, frame.message);
      }
      if (frame.number != Timeline::none) {
        message_of[frame.number] = static_cast<std::uint32_t>(out.size() - 1);
      }
      if (!frame.words.empty()) {
        out.back().commands.push_back(std::move(frame.words));
      }
    }
    for (std::size_t each = first; each < out.size(); ++each) {
      const std::uint32_t command = answered[each - first];
      out[each].message.answers = command == Timeline::none ? Timeline::none : message_of[command];
    }
  }

  static void add_to(Message& whole, const Message& more) {
    const bool comes_first = whole.weight == Weight::upkeep && more.weight == Weight::matter;
    const std::string& first = comes_first ? more.text : whole.text;
    const std::string& second = comes_first ? whole.text : more.text;
    whole.text = cut(first + "  |  " + second, message_text_max);
    whole.weight = comes_first ? more.weight : whole.weight;
    for (const Timeline::KeyIndex key : more.keys) {
      if (std::find(whole.keys.begin(), whole.keys.end(), key) == whole.keys.end()) {
        whole.keys.push_back(key);
      }
    }
  }

  const Traffic& traffic_;
  const Keys& keys_;
  const std::uint32_t client_;
  const std::uint32_t node_;
  bool subscribed_ = false;
  std::uint32_t replies_ = 0;
  std::vector<Command> commands_;
  std::vector<Frame> frames_;
};

std::vector<MessageLog::Decoded> MessageLog::decode(std::uint32_t hosts, const Keys& keys) const {
  std::vector<Decoded> all;
  for (const auto& [name, traffic] : traffic_) {
    Decoder{traffic, hosts, keys}.run(all);
  }
  std::vector<std::uint32_t> order(all.size());
  for (std::uint32_t index = 0; index < order.size(); ++index) {
    order[index] = index;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    return all[left].message.sent < all[right].message.sent;
  });
  std::vector<std::uint32_t> place(all.size());
  std::vector<Decoded> sorted;
  for (std::uint32_t index = 0; index < order.size(); ++index) {
    place[order[index]] = index;
    sorted.push_back(std::move(all[order[index]]));
  }
  for (Decoded& each : sorted) {
    if (each.message.answers != Timeline::none) {
      each.message.answers = place[each.message.answers];
    }
  }
  return sorted;
}

}  // namespace trackside::testing
