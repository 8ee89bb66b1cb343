// SPDX-License-Identifier: MIT
// Formulas are drawn without a menu, and without a word about it.
MathJax.Hub.Config({messageStyle: "none", showMathMenu: false, SVG: {linebreaks: {automatic: false}}});
