#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the site, build/site/html/index.html: build.sh TREE, where TREE has docs/optimizers and docs/graphs.
set -eu

tree=$(CDPATH='' cd -- "$1" && pwd)
cd "$(dirname -- "$0")/../.."
out=build/site

# Of MathJax, what draws TeX as SVG; all of it is 54 MB.
copy_mathjax() {
  for part in MathJax.js extensions jax/element jax/input/TeX jax/output/SVG/autoload jax/output/SVG/config.js \
    jax/output/SVG/jax.js jax/output/SVG/fonts/TeX; do
    mkdir -p "$out/html/mathjax/$(dirname "$part")"
    cp -R "/usr/share/javascript/mathjax/$part" "$out/html/mathjax/$(dirname "$part")"
  done
}

# What the pages show of programs, and what these draw.
draw() {
  "$tree/docs/optimizers" "$out/programs/presets.out" "$out/images"
  "$tree/docs/graphs" "$out/images"
  for graph in "$out"/images/*.dot; do
    dot -Tsvg -Gfontname=sans-serif -Nfontname=sans-serif "$graph" -o "${graph%.dot}.svg"
  done
  python3 docs/site/dedent.py "$out/programs" docs/snippets/*.cpp docs/snippets/*.py models/*.cpp examples/*.cpp \
    examples/quickstart/*.cpp docs/graphs.cpp
  python3 docs/site/gallery.py "$out/pages" examples/*.cpp examples/quickstart/*.cpp
}

# The header of a page is that of this version of Doxygen, with the scripts; what it calls groups differs, too.
make_header() {
  (cd "$out/theme" && doxygen -w html plain.html footer.html doxygen.css && doxygen -l plain.xml)
  scripts=
  for script in doxygen-awesome-darkmode-toggle doxygen-awesome-fragment-copy-button \
    doxygen-awesome-paragraph-link search site; do
    scripts="$scripts<script src=\"\$relpath^$script.js\"></script>"
  done
  sed "s|^</head>|$scripts</head>|" "$out/theme/plain.html" >"$out/theme/header.html"
  XTAPE_GROUPS=$(grep -q '"topics"' "$out/theme/plain.xml" && echo topics || echo modules)
  sed "s|\"modules\"|\"$XTAPE_GROUPS\"|" docs/site/layout.xml >"$out/theme/layout.xml"
  export XTAPE_GROUPS
}

# Newer versions would be dark by themselves, where the theme already is. Older ones do not know the option.
configuration() {
  cat docs/site/Doxyfile
  doxygen -s -g - | grep -o '^HTML_COLORSTYLE ' | sed 's|$|= LIGHT|'
}

# All is in the namespace xtape, so the reference does not say that before each name.
shorten_names() {
  grep -L '<!-- PageDoc -->' "$out"/html/*.html | xargs sed -i -E \
    -e 's/(<a class="el"[^>]*>|<b>|<div class="title">)xtape::/\1/g' -e 's/ xtape::([^ <]+) (<\/td>)/ \1 \2/'
  sed -i 's/\[ "xtape::/[ "/' "$out"/html/*.js
}

rm -rf "$out"
mkdir -p "$out/html" "$out/theme" "$out/images" "$out/programs" "$out/pages"
cp /usr/share/doxygen-awesome-css/* "$out/theme"
copy_mathjax
draw
make_header
XTAPE_VERSION=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
export XTAPE_VERSION
configuration | doxygen -
shorten_names
cp -R docs/images "$out/html/images"  # for pages that name them as the repository does
python3 docs/site/index.py "$out/html"
python3 docs/site/check.py "$out/html"
python3 -B docs/site/look.py "$out/html"
