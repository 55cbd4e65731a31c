// Metrics as Prometheus reads them: a table of the metrics, each with its samples.
//
// One row of the table is one metric: all samples of one name stand together behind its HELP and TYPE, as the format
// asks, however many clients there are. Names end in their unit, and in _total where they only grow.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4) and
// https://prometheus.io/docs/practices/naming/
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <string_view>

#include "seam/assertion.hpp"
#include "trackside/metrics.hpp"

namespace trackside {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) {
    all += part;
  }
  return all;
}

/// The shortest text that is this number again.
template <class Number>
std::string text_of(Number number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

bool is_name(std::string_view name) {
  const auto is_letter = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
  };
  const auto is_inner = [&](char byte) { return is_letter(byte) || (byte >= '0' && byte <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_inner);
}

/// The bytes of the UTF-8 character at the front; 0 if there is none. RFC 3629: no surrogates, nothing overlong.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t size = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 4;
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (first < 0xc2 || first > 0xf4 || byte(1) < least || byte(1) > most) {
    return 0;
  }
  for (std::size_t at = 2; at < size; ++at) {
    if (byte(at) < 0x80 || byte(at) > 0xbf) {
      return 0;
    }
  }
  return size;
}

/// A server refuses the whole text for one value that is not UTF-8, so such bytes become U+FFFD.
void append_escaped(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const std::size_t size = character_size(value);
    const std::string_view character = value.substr(0, std::max(size, std::size_t{1}));
    if (size == 0) {
      out += "\xef\xbf\xbd";
    } else if (character == "\n") {
      out += "\\n";
    } else {
      out += character == "\\" || character == "\"" ? "\\" : "";
      out += character;
    }
    value.remove_prefix(character.size());
  }
}

std::string text_of(const std::vector<MetricLabel>& labels) {
  std::string text;
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    const auto is_same = [&](const MetricLabel& other) { return other.name == label->name; };
    TRACKSIDE_ASSERT(is_name(label->name) && !label->name.starts_with("__"));
    TRACKSIDE_ASSERT(label->name != "reason" && label->name != "result");
    TRACKSIDE_ASSERT(std::none_of(labels.begin(), label, is_same));
    text += (text.empty() ? "" : ",") + label->name + "=\"";
    append_escaped(text, label->value);
    text += '"';
  }
  return text;
}

/// Writes the samples of one metric for one client.
class Samples {
 public:
  Samples(std::string& out, std::string_view name, std::string_view labels) : out_(out), name_(name), labels_(labels) {}

  void add(std::uint64_t value) { line("", text_of(value)); }
  void add(double value) { line("", text_of(value)); }
  void add(std::string_view own, std::string_view own_value, std::uint64_t value) {
    line(joined({own, "=\"", own_value, "\""}), text_of(value));
  }
  void add(const std::vector<ReasonCount>& counts) {
    for (const ReasonCount& count : counts) {
      add("reason", name_of(count.reason), count.count);
    }
  }

 private:
  void line(std::string_view own_label, std::string_view value) {
    const std::string_view comma = labels_.empty() || own_label.empty() ? "" : ",";
    const bool bare = labels_.empty() && own_label.empty();
    out_ +=
        bare ? joined({name_, " ", value, "\n"}) : joined({name_, "{", labels_, comma, own_label, "} ", value, "\n"});
  }

  std::string& out_;
  const std::string_view name_;
  const std::string_view labels_;
};

constexpr std::string_view counter = "counter";
constexpr std::string_view gauge = "gauge";

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;  // one line without backslashes, so that it needs no escapes
  void (*sample)(const Metrics& metrics, Samples& samples);
};

constexpr Metric table[] = {
    {"trackside_healthy", gauge, "Whether commands can be sent and the cache may be used: 1 or 0.",
     [](const Metrics& metrics, Samples& samples) { samples.add(std::uint64_t{metrics.healthy ? 1U : 0U}); }},
    {"trackside_lease_age_seconds", gauge, "Time since every change was known for certain; not there without a link.",
     [](const Metrics& metrics, Samples& samples) {
       if (metrics.lease_age) {
         samples.add(std::chrono::duration<double>(*metrics.lease_age).count());
       }
     }},
    {"trackside_cache_keys", gauge, "Keys held by the store.",
     [](const Metrics& metrics, Samples& samples) {
       if (metrics.usage) {
         samples.add(std::uint64_t{metrics.usage->keys});
       }
     }},
    {"trackside_cache_size_bytes", gauge, "Bytes held by the store, by the formula of its bounds.",
     [](const Metrics& metrics, Samples& samples) {
       if (metrics.usage) {
         samples.add(std::uint64_t{metrics.usage->bytes});
       }
     }},
    {"trackside_cache_confidence_ratio", gauge, "Share of hits that are used without asking the server too, 0 to 1.",
     [](const Metrics& metrics, Samples& samples) {
       if (metrics.confidence) {
         samples.add(*metrics.confidence / 100.0);
       }
     }},
    {"trackside_cache_hits_total", counter, "Look-ups that the cache answered, checked ones included.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.cache.hits); }},
    {"trackside_cache_misses_total", counter, "Look-ups that the cache could not answer.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.cache.misses); }},
    {"trackside_cache_hits_checked_total", counter, "Hits that were compared with the server's reply.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.hits_checked); }},
    {"trackside_cache_dirty_hits_total", counter, "Checked hits that differed from the server's reply.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.cache.dirty_hits); }},
    {"trackside_cache_invalidations_total", counter, "Keys named as changed, by the server or by own writes.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.cache.invalidations); }},
    {"trackside_cache_flushes_total", counter, "Times that everything was forgotten.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.flushes); }},
    {"trackside_invalidation_messages_total", counter, "Pushes of the server that named changed keys.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.invalidation_messages); }},
    {"trackside_fills_open", gauge, "Replies on their way that may be kept.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.fills_open); }},
    {"trackside_fills_total", counter, "Replies that could have been kept, by what came of it.",
     [](const Metrics& metrics, Samples& samples) {
       samples.add("result", "kept", metrics.fills.kept);
       samples.add("result", "revoked", metrics.fills.revoked);
       samples.add("result", "unhealthy", metrics.fills.unhealthy);
       samples.add("result", "bounds", metrics.fills.bounds);
       samples.add("result", "nil", metrics.fills.nil);
       samples.add("result", "abandoned", metrics.fills.abandoned);
       samples.add("result", "unopened", metrics.fills.unopened);
     }},
    {"trackside_mget_total", counter, "MGET commands that the cache had a part in, by what it was.",
     [](const Metrics& metrics, Samples& samples) {
       samples.add("result", "cached", metrics.mget.cached);
       samples.add("result", "mixed", metrics.mget.mixed);
       samples.add("result", "repeated", metrics.mget.repeated);
     }},
    {"trackside_commands_in_flight", gauge, "Commands and joined readers without a completion yet.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.commands_in_flight); }},
    {"trackside_exchanges_outstanding", gauge, "Commands on their way, also those whose callers are gone.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.exchanges_outstanding); }},
    {"trackside_commands_submitted_total", counter, "Commands that the cache did not answer.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.commands_submitted); }},
    {"trackside_readers_joined_total", counter, "Reads that joined the fetch of another reader.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.readers_joined); }},
    {"trackside_commands_failed_total", counter, "Commands that got no reply, by the reason.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.commands_failed); }},
    {"trackside_bypasses_total", counter, "Writes of unknown keys, during which the cache was not used.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.bypasses_begun); }},
    {"trackside_barriers_passed_total", counter, "Barriers behind such writes that the server answered.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.barriers_passed); }},
    {"trackside_links_established_total", counter, "Connections that got through their handshake.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.links_established); }},
    {"trackside_links_lost_total", counter, "Connections that ended and attempts that failed, by the reason.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.links_lost); }},
    {"trackside_connections_registered_total", counter, "Data connections that began to redirect invalidations.",
     [](const Metrics& metrics, Samples& samples) { samples.add(metrics.connections_registered); }},
};

}  // namespace

std::string to_prometheus(const std::vector<LabelledMetrics>& clients) {
  std::vector<std::string> labels;
  for (const LabelledMetrics& client : clients) {
    labels.push_back(text_of(client.labels));
    TRACKSIDE_ASSERT(std::find(labels.begin(), labels.end() - 1, labels.back()) == labels.end() - 1);
  }
  std::string text;
  for (const Metric& metric : table) {
    std::string lines;
    for (std::size_t client = 0; client < clients.size(); ++client) {
      Samples samples{lines, metric.name, labels[client]};
      metric.sample(clients[client].metrics, samples);
    }
    if (!lines.empty()) {
      text += joined({"# HELP ", metric.name, " ", metric.help, "\n"});
      text += joined({"# TYPE ", metric.name, " ", metric.type, "\n", lines});
    }
  }
  return text;
}

std::string to_prometheus(const Metrics& metrics, const std::vector<MetricLabel>& labels) {
  return to_prometheus(std::vector<LabelledMetrics>{{.metrics = metrics, .labels = labels}});
}

}  // namespace trackside
