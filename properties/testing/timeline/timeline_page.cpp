#include "properties/testing/timeline/timeline_page.hpp"

#include <fmt/format.h>

#include "properties/testing/timeline/html_text.hpp"
#include "properties/testing/timeline/json_text.hpp"
#include "properties/testing/timeline/page_files.hpp"

namespace trackside::testing {
namespace {

std::string index_or_null(std::uint32_t index) { return index == Timeline::none ? "null" : fmt::format("{}", index); }
std::string time_or_null(sim::Instant at) { return at == sim::end_of_time ? "null" : fmt::format("{}", at); }
std::string numbers(const std::vector<std::uint32_t>& list) {
  return json_list(list, [](std::uint32_t each) { return fmt::format("{}", each); });
}
std::string_view truth(bool is_true) { return is_true ? "true" : "false"; }

std::string_view name_of(Timeline::Message::Kind kind) {
  switch (kind) {
    case Timeline::Message::Kind::command: return "command";
    case Timeline::Message::Kind::reply: return "reply";
    case Timeline::Message::Kind::push: return "push";
  }
  return {};
}

std::string_view name_of(Timeline::Note::Kind kind) {
  switch (kind) {
    case Timeline::Note::Kind::change: return "change";
    case Timeline::Note::Kind::cache: return "cache";
    case Timeline::Note::Kind::connection: return "connection";
    case Timeline::Note::Kind::cluster: return "cluster";
  }
  return {};
}

std::string json_of(const Timeline::Lane& lane) {
  return fmt::format(R"({{"name":{},"about":{}}})", json_text(lane.name), json_text(lane.about));
}

std::string json_of(const Timeline::Message& message) {
  return fmt::format(
      R"({{"kind":"{}","from":{},"to":{},"connection":{},"sent":{},"arrived":{},"vanished":{},"upkeep":{},"text":{},)"
      R"("keys":{},"operation":{},"answers":{},"order":[{},{}]}})",
      name_of(message.kind), message.from, message.to, message.connection, message.sent, time_or_null(message.arrived),
      truth(message.vanished), truth(message.weight == Timeline::Weight::upkeep), json_text(message.text),
      numbers(message.keys), index_or_null(message.operation), index_or_null(message.answers),
      message.sent_order, message.arrived_order);
}

std::string json_of(const Timeline::Entry& entry) {
  return fmt::format(
      R"({{"lane":{},"key":{},"question":{},"value":{},"from":{},"until":{},"ended":{},"tolerance":{},"stale":{},)"
      R"("served":{},"order":{}}})",
      entry.lane, entry.key, json_text(entry.question), json_text(entry.value), entry.from, entry.until,
      json_text(entry.ended_by), time_or_null(entry.tolerance),
      json_list(entry.stale,
                [](const Timeline::Stretch& each) { return fmt::format("[{},{}]", each.from, each.until); }),
      numbers(entry.served), entry.order);
}

std::string json_of(const Timeline::Fault& fault) {
  return fmt::format(R"({{"text":{},"from":{},"until":{},"lanes":{}}})", json_text(fault.text), fault.from, fault.until,
                     numbers(fault.lanes));
}

std::string json_of(const Timeline::Operation& operation) {
  return fmt::format(R"({{"lane":{},"id":{},"from":{},"until":{},"question":{},"answer":{},"keys":{},)"
                     R"("order":[{},{}]}})",
                     operation.lane, operation.id, operation.from, time_or_null(operation.until),
                     json_text(operation.question), json_text(operation.answer), numbers(operation.keys),
                     operation.from_order, operation.until_order);
}

std::string json_of(const Timeline::Note& note) {
  return fmt::format(R"({{"kind":"{}","lane":{},"at":{},"upkeep":{},"text":{},"keys":{},"order":{}}})",
                     name_of(note.kind), note.lane, note.at, truth(note.weight == Timeline::Weight::upkeep),
                     json_text(note.text), numbers(note.keys), note.order);
}

std::string json_of(const Timeline::Breach& breach) {
  const auto step = [](const Timeline::Breach::Step& each) {
    return fmt::format(R"({{"at":{},"lane":{},"text":{}}})", each.at, each.lane, json_text(each.text));
  };
  return fmt::format(
      R"({{"code":{},"sentence":{},"at":{},"expected":{},"got":{},"operation":{},"entry":{},"way":{}}})",
      json_text(breach.code), json_text(breach.sentence), breach.at, json_text(breach.expected), json_text(breach.got),
      index_or_null(breach.operation), index_or_null(breach.entry), json_list(breach.way, step));
}

template <class List>
std::string json_lines(const List& list) {
  return json_list(list, [](const auto& each) { return '\n' + json_of(each); });
}

std::string json_of(const Timeline& timeline) {
  return fmt::format(
      "{{\"lanes\":{},\n\"keys\":{},\n\"operations\":{},\n\"messages\":{},\n\"entries\":{},\n\"notes\":{},\n"
      "\"faults\":{},\n\"breach\":{}}}",
      json_lines(timeline.lanes), json_list(timeline.keys, [](const std::string& key) { return json_text(key); }),
      json_lines(timeline.operations), json_lines(timeline.messages), json_lines(timeline.entries),
      json_lines(timeline.notes), json_lines(timeline.faults), timeline.breach ? json_of(*timeline.breach) : "null");
}

/// The page with each @NAME@ replaced, once, from the front to the back: what is put in is not looked at.
std::string filled(std::string_view page, const std::vector<std::pair<std::string_view, std::string>>& parts) {
  std::string text;
  for (const auto& [name, part] : parts) {
    const std::size_t at = page.find(name);
    text += page.substr(0, at);
    text += part;
    page.remove_prefix(at + name.size());
  }
  return text += page;
}

}  // namespace

std::size_t events_in(const Timeline& timeline) {
  return timeline.operations.size() + timeline.messages.size() + timeline.entries.size() + timeline.notes.size() +
         timeline.faults.size();
}

std::string page_of(const Timeline& timeline, std::string_view replay) {
  const std::string verdict =
      timeline.breach ? timeline.breach->name + " broken" : "every promise held";
  return filled(page_files::frame,
                {{"@TITLE@", html_text(fmt::format("{} - {}", verdict, replay))},
                 {"@STYLE@", std::string{page_files::style}},
                 {"@REPLAY@", html_text(replay)},
                 {"@DATA@", json_of(timeline)},
                 {"@SCRIPT@", std::string{page_files::script}}});
}

}  // namespace trackside::testing
