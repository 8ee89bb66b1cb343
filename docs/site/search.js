// SPDX-License-Identifier: MIT
// The search box: looks for all words in all pages, in what index.py wrote, and shows the best sections.
"use strict";

const Search = {
  most: 12,     // results shown
  length: 180,  // of the text of each
  sections: null,

  // Puts the box into a place of the page; what it searches is loaded once it is used.
  init(place) {
    place.insertAdjacentHTML("beforeend", `
      <div id="MSearchBox"><input id="MSearchField" type="search" placeholder="Search" autocomplete="off"
        spellcheck="false" role="combobox" aria-label="Search" aria-controls="search-results" aria-expanded="false"
        title="Press / to search"/></div>`);
    document.body.insertAdjacentHTML("beforeend", '<div id="search-results" role="listbox" hidden></div>');
    this.field = document.getElementById("MSearchField");
    this.list = document.getElementById("search-results");
    this.field.addEventListener("focus", () => this.load());
    this.field.addEventListener("input", () => this.show());
    this.field.addEventListener("keydown", event => this.key(event));
    document.addEventListener("click", event => {
      if (!this.list.contains(event.target) && event.target !== this.field) this.close();
    });
    document.addEventListener("keydown", event => {
      const typing = event.target.closest("input, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.field.select();
    });
  },

  load() {
    if (this.loading) return;
    this.loading = document.createElement("script");
    this.loading.src = "search-index.js";
    this.loading.onload = () => {
      this.sections = searchIndex.flatMap(([file, page, parts]) => parts.map(([anchor, heading, text]) => ({
        page: heading && page, title: heading || page, text, guide: !/^(class|struct|group|namespace)/.test(file),
        url: anchor ? `${file}#${anchor}` : file, low: [heading || page, page, text].map(s => s.toLowerCase()),
      })));
      this.show();
    };
    document.head.append(this.loading);
  },

  // How well a section answers; 0 if a word is nowhere in it. What is called so comes before what mentions it.
  score({low: [title, page, text], guide, page: inPage}, words) {
    let sum = (guide ? 2 : 0) + (inPage ? 0 : 2);
    for (const word of words) {
      const start = new RegExp(`(^|[^a-z0-9])${word.replace(/\W/g, "\\$&")}`);
      const found = title === word ? 60 : start.test(title) ? 30 : title.includes(word) ? 15 :
                    start.test(page) ? 8 : start.test(text) ? 4 : text.includes(word) ? 1 : 0;
      if (!found) return 0;
      sum += found;
    }
    return sum + 3 * this.best(text, words).count;
  },

  find(query) {
    const words = query.toLowerCase().replace(/\bxtape::/g, "").split(/\s+/).filter(word => word);
    if (!words.length) return [];
    const found = this.sections.map(section => ({section, words, score: this.score(section, words)}))
      .filter(found => found.score).sort((a, b) => b.score - a.score);
    const overloads = new Set();
    return found.filter(({section: {title, page}}) => {
      const name = `${page} ${title}`, known = overloads.has(name);
      overloads.add(name);
      return !known;
    }).slice(0, this.most);
  },

  // Where the most of the words are near each other, and how many they are.
  best(text, words) {
    let best = {at: 0, count: 0};
    for (const first of words) {
      for (let at = text.indexOf(first); at >= 0 && best.count < words.length; at = text.indexOf(first, at + 1)) {
        const near = text.slice(at, at + this.length - 20);
        const count = words.filter(word => near.includes(word)).length;
        if (count > best.count) best = {at, count};
      }
    }
    return best;
  },

  extract(text, at) {
    const begin = at < 60 ? 0 : text.indexOf(" ", at - 40) + 1, end = begin + this.length;
    return (begin ? "… " : "") + text.slice(begin, end) + (end < text.length ? " …" : "");
  },

  // The text with the words marked.
  marked(element, text, words) {
    const any = new RegExp(`(${words.map(word => word.replace(/\W/g, "\\$&")).join("|")})`, "i");
    text.split(any).forEach((part, i) => {
      element.append(i % 2 ? Object.assign(document.createElement("mark"), {textContent: part}) : part);
    });
    return element;
  },

  show() {
    const query = this.field.value.trim();
    if (!query || !this.sections) return this.close();
    const found = this.find(query);
    this.list.replaceChildren(...found.map(({section, words}, i) => {
      const link = Object.assign(document.createElement("a"), {href: section.url, id: `result-${i}`});
      link.setAttribute("role", "option");
      link.append(this.marked(document.createElement("b"), section.title, words));
      const {at} = this.best(section.low[2], words);
      if (section.page) link.append(Object.assign(document.createElement("i"), {textContent: section.page}));
      link.append(
        this.marked(document.createElement("span"), this.extract(section.text, at), words));
      link.addEventListener("click", () => this.close());
      return link;
    }));
    if (!found.length) this.list.textContent = `Nothing has all of: ${query}`;
    this.list.style.top = `${this.field.getBoundingClientRect().bottom}px`;
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.choose(0);
  },

  choose(index) {
    const links = [...this.list.querySelectorAll("a")];
    this.chosen = links.length ? (index + links.length) % links.length : -1;
    links.forEach((link, i) => link.setAttribute("aria-selected", i === this.chosen));
    links[this.chosen]?.scrollIntoView({block: "nearest"});
    this.field.setAttribute("aria-activedescendant", links[this.chosen]?.id ?? "");
  },

  key(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step) this.choose(this.chosen + step);
    else if (event.key === "Enter") this.list.querySelectorAll("a")[this.chosen]?.click();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  },

  close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  },
};
