// The page of a timeline in a real browser: headless Chromium draws it, and the page says what it has drawn.
//
// Screenshots stay in the build's report folder, for whoever wants to look (browser.hpp).
#include <gtest/gtest.h>

#include "properties/harness/regressions.hpp"
#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/timeline/timeline_page.hpp"
#include "properties/tool/browser.hpp"
#include "properties/tool/tool_process.hpp"

namespace trackside::testing {
namespace {

class Picture : public InABrowser {
 protected:
  void expect_drawn(const std::string& document, const Timeline& timeline) const {
    const std::string root = document.substr(0, document.find("<head>"));
    EXPECT_NE(root.find("data-state=\"drawn\""), std::string::npos) << root;
    EXPECT_NE(root.find("data-events=\"" + std::to_string(events_in(timeline)) + '"'), std::string::npos) << root;
    EXPECT_EQ(root.find("data-error"), std::string::npos) << root;
  }
};

sim::Scenario open_slot() { return regression("attack_c1_open_slot", "naive"); }

TEST_F(Picture, ASmallFailureIsDrawnWithItsWayAndItsBreach) {
  const RunResult result = run(open_slot(), {.timeline = true});
  const std::string document = drawn(page_of(*result.timeline, "trackside replay attack_c1_open_slot"));
  expect_drawn(document, *result.timeline);
  EXPECT_EQ(count(document, "<li "), result.timeline->breach->way.size());
  EXPECT_EQ(count(document, "class=\"breach\""), 1U);
  EXPECT_EQ(count(document, "class=\"step\""), result.timeline->breach->way.size());
  EXPECT_GE(count(document, "<rect[^>]*class=\"toostale\""), 1U);
  EXPECT_GE(count(document, "<rect[^>]*class=\"stale\""), 1U);
  EXPECT_GE(count(document, "<rect[^>]*class=\"band\""), 1U);
  EXPECT_GE(count(document, "<path[^>]*class=\"head command\""), 2U);
  EXPECT_GE(count(document, "<path[^>]*class=\"head reply\""), 2U);
  expect_screenshot({.name = "timeline-small-light.png", .words = "light"});
  expect_screenshot({.name = "timeline-small-dark.png", .words = "dark"});
}

TEST_F(Picture, ALongRunOfAClusterIsDrawn) {
  const sim::Scenario scenario = generate(100, {.subject = "naive", .operations = 300, .world = WorldKind::cluster});
  const RunResult result = run(scenario, {.timeline = true});
  ASSERT_GT(events_in(*result.timeline), 1'000U);
  const std::string document = drawn(page_of(*result.timeline, "trackside replay 100"));
  expect_drawn(document, *result.timeline);
  EXPECT_LT(count(document, "<text"), 400U) << "only what is near the window is in the document";
  expect_screenshot({.name = "timeline-long-light.png", .words = "light"});
  expect_screenshot({.name = "timeline-long-dark.png", .words = "dark&all"});
}

/// What somebody does who looks around, and what the page makes of it, as attributes of its root.
constexpr const char* looking_around = R"(<script>
const root = document.documentElement, text = id => document.getElementById(id).textContent;
const press = key => document.dispatchEvent(new KeyboardEvent('keydown', {key}));
const search = document.getElementById('search');
search.value = 'op 7';
search.dispatchEvent(new Event('input'));
press('n');
root.dataset.found = text('found');
root.dataset.detail = text('detail');
press('Escape');
const rows = +root.dataset.rows;
press('u');
root.dataset.upkeep = +root.dataset.rows > rows + 100 ? 'shown' : 'not shown';
press('u');
root.dataset.again = +root.dataset.rows === rows ? 'as before' : 'changed';
press('t');
press('v');
document.querySelector('svg text.toostale').dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
root.dataset.near = document.querySelectorAll('svg.dim .near').length > 1 ? 'bright' : 'not bright';
</script>)";

TEST_F(Picture, WhoLooksAroundIsShownWhatBelongsTogether) {
  const RunResult result = run(open_slot(), {.timeline = true});
  std::string page = page_of(*result.timeline, "trackside replay");
  page.insert(page.rfind("</body>"), looking_around);
  const std::string document = drawn(page);
  expect_drawn(document, *result.timeline);
  const std::string root = document.substr(0, document.find("<head>"));
  for (const char* expected :
       {"data-found=\"1 of ", "data-detail=\"op 7  GET {foo}c   at client0", "data-upkeep=\"shown\"",
        "data-again=\"as before\"", "data-theme=\"", "data-near=\"bright\""}) {
    EXPECT_NE(root.find(expected), std::string::npos) << expected << "\nin " << root;
  }
}

TEST_F(Picture, TenThousandEventsAreDrawn) {
  const sim::Scenario scenario =
      generate(100, {.subject = "verified", .operations = 3'000, .world = WorldKind::cluster});
  const RunResult result = run(scenario, {.timeline = true});
  ASSERT_GT(events_in(*result.timeline), 10'000U);
  expect_drawn(drawn(page_of(*result.timeline, "trackside replay 100")), *result.timeline);
}

TEST_F(Picture, HostileKeysAndValuesAreShownAndDoNothing) {
  sim::Scenario scenario = open_slot();
  const std::string hostile = "</script><script>document.documentElement.dataset.error=1</script>\"'\xff";
  for (sim::Operation& operation : scenario.operations) {
    if (operation.words.size() == 3) {
      operation.words[2] = hostile;
    }
    operation.words[1] += hostile;
  }
  const RunResult result = run(scenario, {.timeline = true});
  const std::string document = drawn(page_of(*result.timeline, "trackside replay " + hostile));
  expect_drawn(document, *result.timeline);
}

TEST_F(Picture, APageThatCannotDrawItselfSaysSo) {
  const RunResult result = run(open_slot(), {.timeline = true});
  std::string page = page_of(*result.timeline, "trackside replay");
  page.replace(page.find("{\"lanes\":"), 9, "{\"lames\":");
  const std::string document = drawn(page);
  const std::string root = document.substr(0, document.find("<head>"));
  EXPECT_NE(root.find("data-state=\"failed\""), std::string::npos) << root;
  EXPECT_NE(root.find("data-error"), std::string::npos) << root;
}

}  // namespace
}  // namespace trackside::testing
