# What was not reached, as file:line: source. Called by ci/coverage with root=FOLDER/ and one lcov trace file.
#
# Lines that were never run are marked "never run"; branches of lines that were run, by which way was never taken.

/^SF:/ { file = substr($0, 4) }
/^DA:/ { split(substr($0, 4), word, ","); if (word[2] + 0 == 0) never[word[1]] = 1 }
/^BRDA:/ {
  split(substr($0, 6), word, ",")
  if (word[4] + 0 == 0) way[word[1]] = way[word[1]] (word[3] % 2 ? " false" : " true")
}
/^end_of_record/ {
  short = file
  sub(root, "", short)
  for (number = 1; short ~ /^(impl|model|sim)\// && (getline text < file) > 0; ++number) {
    sub(/^ +/, "", text)
    if (number in never) printf "%s:%d: never run: %s\n", short, number, text
    else if (number in way) printf "%s:%d: never%s: %s\n", short, number, way[number], text
  }
  close(file)
  delete never
  delete way
}
