// SPDX-License-Identifier: MIT
// What each page does once it is there: the theme's scripts, and the search.
"use strict";

DoxygenAwesomeFragmentCopyButton.init();
DoxygenAwesomeParagraphLink.init();
$(() => $(() => {  // the menu is made in between
  const tools = Object.assign(document.createElement("div"), {id: "tools"});
  document.getElementById("main-menu-state").parentNode.append(tools);  // beside the button of a phone's menu
  Search.init(tools);
  DoxygenAwesomeDarkModeToggle.init();  // puts itself beside the search
}));
