// The gallery as a page: what it says of each exhibit, what Chromium makes of it, and the command that writes it.
//
// The exhibits here are the scenarios that are kept of them, so that nothing is searched.
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "properties/testing/report/gallery.hpp"
#include "properties/testing/timeline/lane_picture.hpp"
#include "properties/testing/timeline/timeline.hpp"
#include "properties/tool/browser.hpp"
#include "properties/tool/tool_process.hpp"

namespace trackside::testing {
namespace {

Exhibit kept(const Subject& subject) {
  const std::string file = TRACKSIDE_REGRESSIONS "/subject_" + std::string{subject.name} + ".scenario";
  Exhibit exhibit{.subject = &subject, .runs = 7, .verified_holds = true};
  sim::ParseError error;
  EXPECT_TRUE(sim::parse(read_whole(file), exhibit.reduction.scenario, error)) << file << ':' << error.line;
  exhibit.reduction.steps = exhibit.reduction.scenario.operations.size() + exhibit.reduction.scenario.faults.size();
  exhibit.result = run(exhibit.reduction.scenario, {.story = true, .timeline = true});
  EXPECT_TRUE(exhibit.result.violation) << file;
  return exhibit;
}

std::vector<Exhibit> all_kept() {
  std::vector<Exhibit> exhibits;
  for (const Subject* subject : subjects_shown()) {
    exhibits.push_back(kept(*subject));
  }
  return exhibits;
}

TEST(Gallery, EveryExhibitHasItsCardWithPictureAndWay) {
  const std::vector<Exhibit> exhibits = all_kept();
  const std::string page = gallery_page(exhibits, {});
  std::size_t steps = 0;
  for (const Exhibit& exhibit : exhibits) {
    const std::string name{exhibit.subject->name};
    EXPECT_NE(page.find("<article id=\"" + name + "\">"), std::string::npos);
    EXPECT_NE(page.find("href=\"" + name + ".html\""), std::string::npos);
    EXPECT_NE(page.find("replay " + name + ".scenario"), std::string::npos);
    steps += exhibit.result.timeline->breach->way.size();
  }
  EXPECT_EQ(count(page, "<svg "), exhibits.size());
  EXPECT_EQ(count(page, "<li>"), steps);
  EXPECT_EQ(count(page, "<g class=\"step\">"), steps);
  EXPECT_EQ(count(page, "(src|href)=\"(https?:)?//"), 0U);
  EXPECT_EQ(count(page, "class=\"missing\""), 0U);
}

TEST(Gallery, WhatWasNotFoundIsSaidAndNotLeftOut) {
  const std::vector<const Subject*> missing = subjects_shown();
  const std::string page = gallery_page({}, missing);
  EXPECT_EQ(count(page, "class=\"missing\""), missing.size());
}

TEST(Gallery, APictureShowsWhatWasHeldForTooLong) {
  for (const char* name : {"late_fill", "redirect_blind", "timer_leases", "shared_without_vouching"}) {
    const std::string picture = lane_picture(*kept(*find_subject(name)).result.timeline);
    EXPECT_GE(count(picture, "<rect class=\"toostale\""), 1U) << name;
    EXPECT_GE(count(picture, "<g class=\"command\">"), 1U) << name;
  }
  const std::string fenced = lane_picture(*kept(*find_subject("no_fence")).result.timeline);
  EXPECT_EQ(count(fenced, "<rect class=\"toostale\""), 0U) << "it is no older than is allowed, but its own";
  EXPECT_GE(count(fenced, "<rect class=\"stale\""), 1U);
}

TEST(Gallery, HostileValuesAreTextInIt) {
  Exhibit exhibit = kept(*find_subject("redirect_blind"));
  for (sim::Operation& operation : exhibit.reduction.scenario.operations) {
    for (std::size_t word = 1; word < operation.words.size(); ++word) {
      operation.words[word] += "<script>\"'&";
    }
  }
  exhibit.result = run(exhibit.reduction.scenario, {.story = true, .timeline = true});
  ASSERT_TRUE(exhibit.result.violation);
  const std::string page = gallery_page({&exhibit, 1}, {});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script"), std::string::npos);
}

class GalleryPicture : public InABrowser {};

TEST_F(GalleryPicture, IsDrawnInLightAndInDark) {
  const std::string document = drawn(gallery_page(all_kept(), {}));
  EXPECT_EQ(count(document, "<article "), subjects_shown().size());
  EXPECT_EQ(count(document, "<svg "), subjects_shown().size());
  expect_screenshot({.name = "gallery-light.png", .scheme = Scheme::light, .height = 5'400});
  expect_screenshot({.name = "gallery-dark.png", .scheme = Scheme::dark, .height = 5'400});
  EXPECT_NE(read_whole(shots() / "gallery-light.png"), read_whole(shots() / "gallery-dark.png"));
}

TEST(GalleryCommand, WritesWhatItFindsAndSaysWhatItDoesNot) {
  const TemporaryFolder folder;
  const ToolResult result =
      ToolProcess{folder.path(), {"gallery", "shown", "--runs", "20", "--json", "list.json"}}.wait();
  EXPECT_EQ(result.status, 1) << "twenty runs do not find all; " << result.err;
  EXPECT_NE(result.out.find("not found in 20 runs"), std::string::npos) << result.out;
  const nlohmann::json list = nlohmann::json::parse(folder.read("list.json"));
  ASSERT_FALSE(list.empty());
  const std::string index = folder.read("shown/index.html");
  for (const auto& each : list) {
    const std::string name = each["subject"];
    EXPECT_NE(index.find("<article id=\"" + name + "\">"), std::string::npos);
    EXPECT_LE(each["runs"], 20);
    EXPECT_NE(folder.read("shown/" + name + ".html").find("</html>"), std::string::npos);
    const ToolResult replayed = ToolProcess{folder.path(), {"replay", "shown/" + name + ".scenario"}}.wait();
    EXPECT_EQ(replayed.status, 1) << replayed.err;
  }
  EXPECT_EQ(count(index, "class=\"missing\"") + list.size(), subjects_shown().size());
}

TEST(GalleryCommand, RefusesAFolderThatCannotBe) {
  const TemporaryFolder folder;
  folder.write("file", "");
  const ToolResult result = ToolProcess{folder.path(), {"gallery", "file"}}.wait();
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(count(result.err, "\n"), 1U) << result.err;
}

}  // namespace
}  // namespace trackside::testing
