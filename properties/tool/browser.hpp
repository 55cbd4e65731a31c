// Pages in a real browser: headless Chromium opens a file, and a test sees what became of it.
//
// Screenshots stay in the build's report folder, for whoever wants to look. Skipped, loudly, where there is no
// Chromium. The browser needs no network: each call has a profile of its own and opens one file.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/tool/tool_process.hpp"

namespace trackside::testing {

inline constexpr const char* browser_name = "chromium";

inline bool is_installed(const char* program) {
  std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
  for (std::size_t colon = 0; !path.empty(); path.erase(0, colon == path.npos ? colon : colon + 1)) {
    colon = path.find(':');
    if (::access((std::filesystem::path{path.substr(0, colon)} / program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

/// How often the pattern stands in a page.
inline std::size_t count(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator{text.begin(), text.end(), expression}, std::sregex_iterator{}));
}

/// What a page thinks that its reader prefers.
enum class Scheme : std::uint8_t { light, dark };

class InABrowser : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_installed(browser_name)) {
      std::cerr << "\n*** SKIPPED: no " << browser_name << " here; the page is not tried in a browser ***\n\n";
      GTEST_SKIP() << "no " << browser_name;
    }
    std::filesystem::create_directories(shots());
  }

  static std::filesystem::path shots() { return std::filesystem::path{TRACKSIDE_BINARY_DIR} / "report"; }

  ToolResult browse(std::vector<std::string> arguments, const std::string& page) const {
    arguments.insert(arguments.begin(),
                     {"--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                      "--hide-scrollbars", "--virtual-time-budget=5000",
                      "--user-data-dir=" + (folder_ / "profile")});
    if (::geteuid() == 0) {
      arguments.push_back("--no-sandbox");  // which root cannot have
    }
    arguments.push_back("file://" + page);
    return ToolProcess{folder_.path(), arguments, browser_name}.wait(std::chrono::seconds{60});
  }

  /// The document as it stands when its script is done.
  std::string drawn(const std::string& page) const {
    folder_.write("page.html", page);
    const ToolResult result = browse({"--window-size=1400,900", "--dump-dom"}, folder_ / "page.html");
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  struct Shot {
    std::string name;
    std::string words{};  // behind the page's #
    Scheme scheme = Scheme::light;
    int height = 900;
  };
  /// Keeps a screenshot of the page that was drawn last. A page without anything on it is a small file.
  void expect_screenshot(const Shot& shot) const {
    const std::filesystem::path file = shots() / shot.name;
    std::filesystem::remove(file);
    const ToolResult result =
        browse({"--window-size=1400," + std::to_string(shot.height), "--screenshot=" + file.string(),
                std::string{"--blink-settings=preferredColorScheme="} + (shot.scheme == Scheme::dark ? '0' : '1')},
               (folder_ / "page.html") + '#' + shot.words);
    EXPECT_EQ(result.status, 0) << result.err;
    ASSERT_TRUE(std::filesystem::exists(file)) << result.err;
    EXPECT_GT(std::filesystem::file_size(file), 40'000U);
  }

  TemporaryFolder folder_;
};

}  // namespace trackside::testing
