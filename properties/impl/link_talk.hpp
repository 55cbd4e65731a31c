// One link with the clock in the test's hands and its events as text, so that a test reads as a transcript.
// Neighbours: link_test.cpp, link_roles_test.cpp, conversation.hpp.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "link/link.hpp"
#include "properties/impl/conversation.hpp"

namespace trackside::testing {

inline std::string text_of(const link::LinkEvent& event) {
  using Kind = link::LinkEvent::Kind;
  switch (event.kind) {
    case Kind::up: return "up";
    case Kind::vouched: return "vouched";
    case Kind::listed: return "listed";
    case Kind::registered: return "registered " + std::to_string(event.tag);
    case Kind::redirect_lost: return "redirect_lost " + std::to_string(event.tag);
    case Kind::invalidate: return "invalidate " + to_text(event.frame);
    case Kind::flush: return "flush";
    case Kind::reply:
      return "reply " + std::to_string(event.tag) + (event.last ? " " : " (more) ") + to_text(event.frame);
    case Kind::barrier: return "barrier " + std::to_string(event.tag);
    case Kind::slots_proved: return "slots_proved";
    case Kind::slots_changed: return "slots_changed";
    case Kind::guarded: return "guarded " + std::to_string(event.tag);
    case Kind::unguarded: return "unguarded " + std::to_string(event.tag);
    case Kind::failed: return "failed " + std::string{name_of(static_cast<Errc>(event.error.value()))};
  }
  return "?";
}

/// A link with its clock and the events it told.
struct LinkTalk {
  explicit LinkTalk(ClientOptions given = {}, link::LinkTraits traits = {})
      : options(std::move(given)), link(options, std::move(traits)) {}

  void begin() {
    link.begin(now);
    link.opened(now);
  }
  std::string hear(std::string_view bytes) {
    link.received(now, bytes);
    return events();
  }
  std::string wait(Duration span) {
    now += span;
    link.tick(now);
    return events();
  }
  std::string events() {
    std::string all;
    for (link::LinkEvent event; link.next(event);) {
      all += (all.empty() ? "" : "; ") + text_of(event);
      last = event;
    }
    return all;
  }
  std::string said() { return spoken(std::exchange(link.outgoing(), {})); }
  void establish() {
    begin();
    hear(hello() + (options.database != 0 ? ok : "") + ok);
    said();
    ASSERT_EQ(hear(joined(probe_answers(1))), "up; vouched");
  }

  ClientOptions options;
  Time now{Duration{1'000'000'000'000}};
  link::Link link;
  link::LinkEvent last;
};

}  // namespace trackside::testing
