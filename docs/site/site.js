// SPDX-License-Identifier: MIT
// What each page does once it is there: the theme's scripts, and the search.
"use strict";

// Calls f after others that wait for the page, as many turns as they take.
const after = (turns, f) => turns ? $(() => after(turns - 1, f)) : f();

// The theme's buttons are for a mouse; with this they are for all.
function useKeys() {
  const buttons = "doxygen-awesome-dark-mode-toggle, doxygen-awesome-fragment-copy-button";
  for (const button of document.querySelectorAll(buttons)) {
    button.tabIndex = 0;
    button.setAttribute("role", "button");
    button.addEventListener("keydown", event => {
      if (event.key === "Enter") button.click();
    });
  }
}

DoxygenAwesomeFragmentCopyButton.init();
DoxygenAwesomeParagraphLink.init();
after(2, () => {  // the menu is there
  const tools = Object.assign(document.createElement("div"), {id: "tools"});
  document.getElementById("main-menu-state").parentNode.append(tools);  // beside the button of a phone's menu
  Search.init(tools);
  DoxygenAwesomeDarkModeToggle.init();  // puts itself beside the search
  after(3, useKeys);
});
