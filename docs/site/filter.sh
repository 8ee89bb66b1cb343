# SPDX-License-Identifier: MIT
# What Doxygen reads of a header: without the inline namespace of one of the two builds, without what is private,
# and with all that is in the namespace put into the group of its folder. Of a page: with a label, by which other pages
# refer to it, as versions of Doxygen differ in what they make of the names of files.

# The label of a page: that in its first line, else the name of its file.
label() {
  own=$(sed -n '1s/^# .*{#\(.*\)}$/\1/p' "$1")
  echo "${own:-$(basename "$1" .md)}"
}

# The other pages of the folder of a page: what stands there for `<!-- pages -->`.
pages() {
  for other in "$(dirname "$1")"/*.md; do
    [ "$other" = "$1" ] || sed -n '1s/^# \(.*\) {#\(.*\)}$/- \\subpage \2 "\1"/p' "$other"
  done
}

# Gives each heading an anchor made of the page's label and its words, which stays when others come and go.
# shellcheck disable=SC2016 # awk's $0
anchors='/^```/ { code = !code }
  !code && /^##+ [^{]*$/ {
    words = tolower($0)
    gsub(/[^a-z0-9]+/, "_", words)
    sub(/_$/, "", words)
    $0 = $0 " {#" page words "}"
  }
  { print $0 == "<!-- pages -->" ? ENVIRON["pages"] : $0 }'

case $1 in
  *.hpp) ;;
  *.md)
    page=$1
    set -- -e "1s/^# [^{]*\$/& {#$(label "$page")}/" -e "s/(modules.html)/(${XTAPE_GROUPS:-modules}.html)/"
    for link in $(grep -o ']([^():]*\.md)' "$page" | tr -d ']()'); do
      set -- "$@" -e "s|]($link)|](@ref $(label "$(dirname "$page")/$link"))|"
    done
    pages=$(pages "$page")
    export pages
    sed "$@" "$page" | awk -v page="$(label "$page")" "$anchors"
    exit ;;
  *) exec cat "$1" ;;
esac
group=$(basename "$(dirname "$1")")
if [ "$group" = xtape ]; then
  case $1 in
    */observer.hpp | */watch.hpp) group=watch ;;
    */activation.hpp) group=ops ;;
    *) group=core ;;
  esac
elif [ "$group" = tape ]; then
  group=core  # parts of tape.hpp
fi
begin="/** \\\\addtogroup $group */ /**@{*/"
exec sed -E -e '/^ private:$/,/^(}| public:| protected:)/ {
    s|^ private:|& /** \\cond */|
    s,^(}| public:| protected:),/** \\endcond */ &,
  }' -e "s|^namespace xtape::inline XTAPE_ABI(.*) \{\$|namespace xtape\1 { $begin|" \
  -e 's|^}  // namespace xtape::inline XTAPE_ABI|/**@}*/ }  // namespace xtape|' "$1"
