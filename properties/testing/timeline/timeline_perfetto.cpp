#include "properties/testing/timeline/timeline_perfetto.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "properties/testing/timeline/json_text.hpp"

namespace trackside::testing {
namespace {

enum class Process : std::uint8_t { clients = 1, nodes, caches, faults, verdict };

constexpr sim::Instant slice = 10 * sim::microsecond;  // how long a message's end is to be seen

/// Nanoseconds as microseconds, exactly.
std::string microseconds(sim::Instant at) { return fmt::format("{}.{:03}", at / 1000, at % 1000); }

class Writer {
 public:
  explicit Writer(const Timeline& timeline) : timeline_(timeline) {}

  std::string write() {
    name_tracks();
    add_operations();
    add_messages();
    add_entries();
    add_rest();
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& left, const Event& right) { return left.at < right.at; });
    std::string json = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + names_;
    for (const Event& event : events_) {
      json += ",\n" + event.json;
    }
    return json + "\n]}\n";
  }

 private:
  struct Event {
    sim::Instant at;
    std::string json;
  };
  struct Track {
    Process process;
    std::uint32_t thread;
  };

  Track track_of(Timeline::LaneIndex lane) const {
    const bool is_node = timeline_.lanes[lane].kind == Timeline::Lane::Kind::node;
    return {is_node ? Process::nodes : Process::clients, lane + 1};
  }

  void name(std::string_view what, Process process, std::uint32_t thread, std::string_view text) {
    names_ += fmt::format(R"({}{{"ph":"M","name":"{}","pid":{},"tid":{},"args":{{"name":{}}}}})",
                          names_.empty() ? "" : ",\n", what, static_cast<int>(process), thread, json_text(text));
  }

  void name_tracks() {
    name("process_name", Process::clients, 0, "clients");
    name("process_name", Process::nodes, 0, "nodes");
    name("process_name", Process::caches, 0, "caches");
    name("process_name", Process::faults, 0, "faults");
    name("process_name", Process::verdict, 0, "verdict");
    for (Timeline::LaneIndex lane = 0; lane < timeline_.lanes.size(); ++lane) {
      const Track track = track_of(lane);
      name("thread_name", track.process, track.thread,
           fmt::format("{} ({})", timeline_.lanes[lane].name, timeline_.lanes[lane].about));
      if (timeline_.lanes[lane].kind == Timeline::Lane::Kind::client) {
        name("thread_name", Process::caches, lane + 1, "cache of " + timeline_.lanes[lane].name);
      }
    }
    name("thread_name", Process::faults, 1, "faults");
    name("thread_name", Process::verdict, 1, "verdict");
  }

  /// `rest` is what the event has beside its kind, name, track and time: `"key":value` pairs.
  void add(std::string_view kind, std::string_view text, Track track, sim::Instant at, std::string_view rest) {
    events_.push_back({at, fmt::format(R"({{"ph":"{}","name":{},"pid":{},"tid":{},"ts":{}{}{}}})", kind,
                                       json_text(text), static_cast<int>(track.process), track.thread,
                                       microseconds(at), rest.empty() ? "" : ",", rest)});
  }

  /// Something that lasts, and may overlap with others of its track.
  void span(std::string_view category, std::string_view text, Track track, Timeline::Stretch when,
            std::string_view arguments) {
    const std::uint64_t id = ++ids_;
    add("b", text, track, when.from, fmt::format(R"("cat":"{}","id":"{}","args":{{{}}})", category, id, arguments));
    add("e", text, track, when.until, fmt::format(R"("cat":"{}","id":"{}")", category, id));
  }

  sim::Instant end_or_last(sim::Instant at) const { return at == sim::end_of_time ? timeline_.until : at; }

  void add_operations() {
    for (const Timeline::Operation& each : timeline_.operations) {
      const std::string label = each.id == 0 ? "final check" : fmt::format("op {}", each.id);
      span("operation", fmt::format("{} {}", label, each.question), track_of(each.lane),
           {each.from, end_or_last(each.until)}, fmt::format(R"("answer":{})", json_text(each.answer)));
    }
  }

  void add_messages() {
    for (const Timeline::Message& each : timeline_.messages) {
      const bool is_lost = each.arrived == sim::end_of_time;
      const std::string fate = each.vanished ? "  (vanished)" : is_lost ? "  (never read)" : "";
      add("X", each.text + fate, track_of(each.from), each.sent, duration_and("sent"));
      if (is_lost) {
        continue;
      }
      const std::uint64_t id = ++ids_;
      add("s", "message", track_of(each.from), each.sent, fmt::format(R"("cat":"message","id":{})", id));
      add("X", each.text, track_of(each.to), each.arrived, duration_and("read"));
      add("f", "message", track_of(each.to), each.arrived, fmt::format(R"("cat":"message","id":{},"bp":"e")", id));
    }
  }

  static std::string duration_and(std::string_view category) {
    return fmt::format(R"("dur":{},"cat":"{}")", microseconds(slice), category);
  }

  void add_entries() {
    for (const Timeline::Entry& each : timeline_.entries) {
      const Track track{Process::caches, each.lane + 1};
      span("cached", fmt::format("{} = {}", each.question, each.value), track, {each.from, each.until},
           fmt::format(R"("ended":{})", json_text(each.ended_by)));
      for (const Timeline::Stretch& stale : each.stale) {
        span("stale", fmt::format("STALE {} = {}", each.question, each.value), track,
             {std::max(stale.from, each.from), stale.until}, "");
      }
    }
  }

  void add_rest() {
    for (const Timeline::Fault& each : timeline_.faults) {
      span("fault", each.text, {Process::faults, 1}, {each.from, each.until}, "");
    }
    for (const Timeline::Note& each : timeline_.notes) {
      add("i", each.text, track_of(each.lane), each.at, R"("s":"t")");
    }
    if (timeline_.breach) {
      const Timeline::Breach& breach = *timeline_.breach;
      add("i", breach.name + " broken", {Process::verdict, 1}, breach.at,
          fmt::format(R"("s":"g","args":{{"expected":{},"got":{}}})", json_text(breach.expected),
                      json_text(breach.got)));
    }
  }

  const Timeline& timeline_;
  std::string names_;
  std::vector<Event> events_;
  std::uint64_t ids_ = 0;
};

}  // namespace

std::string perfetto_of(const Timeline& timeline) { return Writer{timeline}.write(); }

}  // namespace trackside::testing
