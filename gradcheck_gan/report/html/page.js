"use strict";
(() => {
  const SMALLEST = 0.2, LARGEST = 4, STEP = 1.25, DRAGGED = 4;
  const graphs = new Map();

  class Graph {
    constructor(element) {
      this.element = element;
      this.box = element.querySelector(".box");
      this.levels = [...this.box.querySelectorAll(".level")];
      this.trail = element.querySelector(".trail");
      this.panel = element.querySelector(".panel");
      this.told = element.querySelector("output");
      this.search = element.querySelector("input");
      this.nodes = [...this.box.querySelectorAll(".node")];
      this.first = document.getElementById(element.dataset.shown);
      this.scale = 1;
      this.hits = [];
      this.placed = false;
      element.querySelector(".tools").hidden = false;
      for (const node of this.nodes) node.classList.toggle("opens", this.inside(node) !== null);
      this.enter(this.levels[0]);
      element.addEventListener("toggle", () => this.place());
      this.listen();
      this.place();
    }

    inside(node) {
      return document.getElementById(`${node.id}-level`);
    }

    /* One level is in view; the trail leads back, to the node that was opened. */
    enter(level) {
      this.level = level;
      this.svg = level.querySelector("svg");
      this.scale = 1;
      for (const one of this.levels) one.hidden = one !== level;
      const way = this.levels.filter((one) => level.id.startsWith(one.id.replace(/level$/, "")));
      this.trail.hidden = way.length < 2;
      this.trail.replaceChildren(...way.map((one) => this.crumb(one)));
    }

    crumb(level) {
      const crumb = document.createElement("button");
      crumb.type = "button";
      crumb.textContent = level.dataset.title;
      if (level === this.level) crumb.setAttribute("aria-current", "true");
      crumb.addEventListener("click", () => this.leave(level));
      return crumb;
    }

    /* Back to a level, with the node in the middle from which the way went on. */
    leave(level) {
      const from = this.level.id.replace(/-level$/, "");
      const node = [...level.querySelectorAll(".node")].find((one) => `${from}-`.startsWith(`${one.id}-`));
      this.enter(level);
      this.place(true);
      if (!node) return;
      this.show(node);
      node.focus({ preventScroll: true });
    }

    open(node) {
      const level = this.inside(node);
      if (!level) return;
      this.clear();
      this.enter(level);
      this.place(true);
      level.querySelector(".node").focus({ preventScroll: true });
    }

    /* In full view where that can be read, else with the node that matters in the middle. */
    place(again = false) {
      if (!this.element.open || (this.placed && !again)) return;
      this.placed = true;
      const { width, height } = this.svg.viewBox.baseVal;
      const whole = Math.min(this.box.clientWidth / width, this.box.clientHeight / height);
      this.zoom(Math.min(Math.max(whole, 0.8), 1.25));
      this.box.scrollTo((this.box.scrollWidth - this.box.clientWidth) / 2, 0);
      if (this.level.contains(this.first) && !this.sees(this.first)) this.show(this.first);
    }

    zoom(to, x = this.box.clientWidth / 2, y = this.box.clientHeight / 2) {
      const next = Math.min(Math.max(to, SMALLEST), LARGEST);
      const { width, height } = this.svg.viewBox.baseVal;
      const left = ((this.box.scrollLeft + x) * next) / this.scale - x;
      const top = ((this.box.scrollTop + y) * next) / this.scale - y;
      this.svg.setAttribute("width", width * next);
      this.svg.setAttribute("height", height * next);
      this.scale = next;
      this.box.scrollTo(left, top);
    }

    sees(node) {
      const at = node.getBoundingClientRect(), box = this.box.getBoundingClientRect();
      const wide = at.left >= box.left && at.right <= box.left + this.box.clientWidth;
      return wide && at.top >= box.top && at.bottom <= box.top + this.box.clientHeight;
    }

    show(node) {
      if (!this.level.contains(node)) {
        this.enter(node.closest(".level"));
        this.place(true);
      }
      const at = node.getBoundingClientRect(), box = this.box.getBoundingClientRect();
      this.box.scrollLeft += at.left + at.width / 2 - box.left - box.width / 2;
      this.box.scrollTop += at.top + at.height / 2 - box.top - box.height / 2;
    }

    select(node) {
      this.clear();
      node.classList.add("selected");
      const facts = document.getElementById(`${node.id}-facts`).cloneNode(true);
      facts.removeAttribute("id");
      facts.hidden = false;
      const close = document.createElement("button");
      close.type = "button";
      close.textContent = "close";
      close.addEventListener("click", () => { this.clear(); node.focus({ preventScroll: true }); });
      this.panel.replaceChildren(close, facts);
      if (this.inside(node)) this.panel.prepend(this.opener(node));
      this.panel.hidden = false;
      if (!this.level.contains(node) || !this.sees(node)) this.show(node);
    }

    opener(node) {
      const open = document.createElement("button");
      open.type = "button";
      open.className = "open";
      open.textContent = "open this node";
      open.addEventListener("click", () => this.open(node));
      return open;
    }

    clear() {
      for (const node of this.nodes) node.classList.remove("selected");
      this.panel.hidden = true;
    }

    /* From elsewhere on the page: open, in view, told and focused. */
    reveal(node) {
      this.element.open = true;
      this.place();
      this.select(node);
      this.show(node);
      const box = this.box.getBoundingClientRect();
      if (box.top < 0 || box.bottom > innerHeight) this.element.scrollIntoView({ block: "start" });
      node.focus({ preventScroll: true });
    }

    find(text) {
      const wanted = text.trim().toLowerCase();
      const own = this.nodes.filter((node) => !node.classList.contains("beside"));
      this.hits = wanted ? own.filter((node) => this.words(node).includes(wanted)) : [];
      for (const node of this.nodes) {
        node.classList.toggle("hit", this.hits.includes(node));
        node.classList.toggle("dim", wanted !== "" && !this.hits.includes(node));
      }
      this.told.textContent = wanted ? `${this.hits.length} found` : "";
      if (this.hits.length) this.show(this.hits[0]);
    }

    words(node) {
      const facts = document.getElementById(`${node.id}-facts`).textContent;
      return `${node.getAttribute("aria-label")} ${facts}`.toLowerCase();
    }

    listen() {
      const zooms = { in: () => this.zoom(this.scale * STEP), out: () => this.zoom(this.scale / STEP) };
      zooms.reset = () => this.place(true);
      for (const button of this.element.querySelectorAll("[data-zoom]"))
        button.addEventListener("click", zooms[button.dataset.zoom]);
      this.box.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const at = this.box.getBoundingClientRect();
        const to = this.scale * Math.exp(-event.deltaY / 400);
        this.zoom(to, event.clientX - at.left, event.clientY - at.top);
      }, { passive: false });
      this.box.addEventListener("keydown", (event) => this.key(event, zooms));
      this.box.addEventListener("click", (event) => {
        const node = event.target.closest(".node");
        if (node) this.select(node);
      });
      this.search.addEventListener("input", () => this.find(this.search.value));
      this.search.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !this.hits.length) return;
        this.hits.push(this.hits.shift());
        this.show(this.hits[0]);
      });
      this.drag();
    }

    up() {
      const crumbs = [...this.trail.children];
      if (crumbs.length > 1) crumbs[crumbs.length - 2].click();
    }

    key(event, zooms) {
      const node = event.target.closest(".node");
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (node && (event.key === "Enter" || event.key === " ")) this.select(node);
      else if (node && event.key.toLowerCase() === "o") this.open(node);
      else if (event.key === "Escape" && this.panel.hidden) this.up();
      else if (event.key === "Escape") this.clear();
      else if (event.key === "+") zooms.in();
      else if (event.key === "-") zooms.out();
      else if (event.key === "0") zooms.reset();
      else return;
      event.preventDefault();
    }

    /* Fingers scroll the box by themselves; a click that did not move stays a click. */
    drag() {
      let from = null;
      this.box.addEventListener("pointerdown", (event) => {
        if (event.pointerType !== "mouse" || event.button !== 0) return;
        from = { x: event.clientX, y: event.clientY, left: this.box.scrollLeft, top: this.box.scrollTop };
      });
      this.box.addEventListener("pointermove", (event) => {
        if (!from) return;
        const x = event.clientX - from.x, y = event.clientY - from.y;
        if (!this.box.hasPointerCapture(event.pointerId)) {
          if (Math.hypot(x, y) < DRAGGED) return;
          this.box.setPointerCapture(event.pointerId);
        }
        this.box.scrollTo(from.left - x, from.top - y);
      });
      for (const end of ["pointerup", "pointercancel"])
        this.box.addEventListener(end, () => { from = null; });
    }
  }

  function reveal(id) {
    const node = document.getElementById(id);
    const graph = node && graphs.get(node.closest(".graph"));
    if (graph) graph.reveal(node);
    return Boolean(graph);
  }

  for (const element of document.querySelectorAll(".graph"))
    graphs.set(element, new Graph(element));
  for (const finding of document.querySelectorAll(".finding[data-node]"))
    finding.addEventListener("click", (event) => {
      const aside = event.target.closest("a:not(.to-node), summary, details");
      if (aside || String(getSelection())) return;
      if (reveal(finding.dataset.node)) event.preventDefault();
    });
  /* In a frame of a notebook, a link to a part would load the notebook into the frame. */
  if (location.protocol === "about:")
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const part = link && !event.defaultPrevented && document.getElementById(link.hash.slice(1));
      if (!part) return;
      event.preventDefault();
      part.scrollIntoView();
    });
  if (location.hash) reveal(decodeURIComponent(location.hash.slice(1)));
})();
