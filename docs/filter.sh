# SPDX-License-Identifier: MIT
# What Doxygen reads of a header: without the inline namespace of one of the two builds, and with all
# that is in the namespace put into the group of its folder.
case $1 in
  *.hpp) ;;
  *) exec cat "$1" ;;
esac
group=$(basename "$(dirname "$1")")
if [ "$group" = xtape ]; then
  case $1 in
    */observer.hpp | */profile.hpp | */numerics.hpp | */summary.hpp | */dot.hpp) group=watching ;;
    */activation.hpp) group=ops ;;
    *) group=core ;;
  esac
fi
begin="/** \\\\addtogroup $group */ /**@{*/"
exec sed -e "s|^namespace xtape::inline XTAPE_ABI\(.*\) {\$|namespace xtape\1 { $begin|" \
  -e 's|^}  // namespace xtape::inline XTAPE_ABI|/**@}*/ }  // namespace xtape|' "$1"
