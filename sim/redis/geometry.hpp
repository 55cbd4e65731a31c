// Places on the earth as scores of a sorted set: 52 bits, those of the latitude and the longitude in turns.
//
// Sines and cosines come from the system's library: only commands on places depend on it.
#pragma once

#include <optional>
#include <string>

namespace trackside::sim::redis {

struct Place {
  double longitude = 0;
  double latitude = 0;
};

bool is_on_map(const Place& place);
double score_of(const Place& place);
/// Others are not found by any search.
bool is_of_a_place(double score);
/// The middle of the cell that the score stands for.
Place place_of(double score);
std::string geohash_of(const Place& place);
double distance_in_metres(const Place& from, const Place& to);

/// A circle or a rectangle around a place.
struct Area {
  Place centre{};
  bool is_box = false;
  double radius = 0;  // all in metres
  double width = 0;
  double height = 0;

  /// How far the place is from the centre; nothing if it is outside.
  std::optional<double> distance_within(const Place& place) const;
};

}  // namespace trackside::sim::redis
