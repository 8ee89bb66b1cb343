# SPDX-License-Identifier: MIT
# Adds up what meson reports of a test run: awk -f summary.awk testlog.json testlog.txt
# Shows the output of what failed, names what was skipped, and ends with `N passed, N failed`, where a
# program of Boost.Test counts by its test cases and any other as one. A case of which a part was skipped
# has printed a line `notice: skipped, WHY`.

# The number of test cases of which Boost.Test's short report says that they were `state`.
function cases(state) {
  return match($0, "[0-9]+ test cases? out of [0-9]+ " state "\\\\n") ? substr($0, RSTART) + 0 : 0
}

function value(key) {
  return match($0, "\"" key "\": \"[^\"]*\"") ? substr($0, RSTART + length(key) + 5, RLENGTH - length(key) - 6) : ""
}

# What the notices say, each once.
function notices(name, text) {
  while (match(text, /notice: skipped, [^\\]*/)) {
    why = substr(text, RSTART + 17, RLENGTH - 17)
    if (!((name, why) in told)) skips = skips "skipped: a part of " name ", " why "\n"
    told[name, why] = 1
    text = substr(text, RSTART + RLENGTH)
  }
}

FILENAME ~ /json$/ {
  name = value("name")
  result = value("result")
  good = result == "OK"
  notices(name, $0)
  if (/[0-9] test cases? out of [0-9]/) {
    ok = cases("passed") + cases("passed with warnings")
    bad = cases("failed")
    if (cases("skipped") > 0) skips = skips "skipped: " cases("skipped") " of " name "\n"
  } else {
    good = good && !/"BOOST_TEST_REPORT_LEVEL": "short"/  # it ended before its report
    ok = good
    bad = 0
  }
  if (result == "SKIP") {
    skips = skips "skipped: " name "\n"
    next
  }
  if (!good && bad == 0) bad = 1  # it crashed, hung, or failed after its last case
  passed += ok
  failed += bad
  if (bad > 0) show[name] = 1
  next
}

/^=+ [0-9]+\/[0-9]+ =+$/ { title = $0; shown = 0; next }
title != "" && /^test:/ {
  sub(/^test: */, "")
  shown = $0 in show
  if (shown) print "\n" title "\ntest:         " $0
  title = ""
  next
}
/^Summary of Failures:/ { shown = 0 }
shown

END {
  printf "%s%d passed, %d failed\n", skips, passed, failed
  exit (failed > 0 || passed == 0)
}
