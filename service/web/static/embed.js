// Shows the comments of a page. One script, no cookies, and no other host is asked.
//
//   <script async src="https://comments.example.org/embed.js" data-site="blog"></script>
//
// is all that a page needs; <gatepost-comments></gatepost-comments> says where. Every one of OPTIONS may stand on the
// element, or with `data-` before it on the script. What writing takes is in write.js, which comes when somebody begins
// to write. A browser may hold an older half of the two for an hour: what one gives the other only grows.
(() => {
  "use strict";

  // Taken now: the page's own scripts may replace them later, and currentScript is gone once this file has run.
  const { AbortSignal, CustomEvent, Date, Intl, JSON, Map, URL, document, fetch, location, setTimeout } = window;
  const script = document.currentScript ?? document.querySelector("script[data-site]");
  if (!script || customElements.get("gatepost-comments")) return;

  const BASE = new URL(".", script.src).href;
  const OPTIONS = ["site", "thread", "lang", "sort", "page-size", "input", "loading", "theme", "title", "votes"];
  const LANGUAGES = ["en", "ar", "de", "es", "fr", "he", "it", "ja", "nl", "pl", "pt", "ru", "tr"];
  const RIGHT_TO_LEFT = ["ar", "he"];
  // What can be said before there are words, in the one language that is always here.
  const EMERGENCY = { "heading": "Comments", "not-loaded": "The comments could not be loaded.", "try-again": "Try again" };
  const SORTS = ["oldest", "newest", "top"];
  const PAGE_SIZE = 50;
  const COUNTS_MAX = 100;
  const DEEPEST_INDENT = 4;
  const PATIENCE_MS = 20_000;
  const MINUTE_MS = 60_000;
  const DAY_MS = 1440 * MINUTE_MS;
  // Looked for again after so long, and less and less often where nothing happens.
  const LOOK_MS = 30_000;
  const LOOK_MAX_MS = 300_000;
  // How many pages are loaded in search of a comment that the address names.
  const SEEK_PAGES = 50;
  const NEAR = "600px";
  const UNITS = [
    ["year", 365 * DAY_MS],
    ["month", 30 * DAY_MS],
    ["day", DAY_MS],
    ["hour", 60 * MINUTE_MS],
    ["minute", MINUTE_MS],
  ];

  // ---- Asking the server ----

  const problem = (kind, details) => Object.assign(new Error(kind), { status: 0, errors: [] }, details, { kind });

  // no-cache asks each time, mostly to hear "304": a comment that was just approved must be there on reload.
  const ask = async (address, signals, request) => {
    let answer;
    let content;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...signals]);
      answer = await fetch(BASE + address, { cache: "no-cache", credentials: "omit", signal, ...request });
      content = JSON.parse((await answer.text()) || "{}");
    } catch (cause) {
      throw problem("network", { detail: String(cause) });
    }
    if (answer.ok) return content;
    throw problem(String(content.type).split("/").pop(), { ...content, status: answer.status, headers: answer.headers });
  };

  const siteAddress = (site, path) => `api/v1/sites/${encodeURIComponent(site)}${path}`;

  // ---- Words and times ----

  const chosenLanguage = (wanted) => {
    const tags = [wanted, document.documentElement.lang, ...navigator.languages];
    return tags.map((tag) => tag?.toLowerCase().split("-")[0]).find((tag) => LANGUAGES.includes(tag)) ?? LANGUAGES[0];
  };

  // One half of a language's words. The browser keeps them.
  const catalogue = (half, language) => ask(`words/${half}/${language}.json`, [], { cache: "default" });

  const speech = (language, texts) => {
    const plural = new Intl.PluralRules(language);
    const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
    const moment = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
    const say = (key, values = {}) => {
      const found = texts[key] ?? "";
      const text = typeof found === "string" ? found : (found[plural.select(values.n)] ?? found.other);
      return text.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString(language));
    };
    const ago = (then) => {
      const passed = Date.now() - then;
      const [unit, length] = UNITS.find(([, length]) => passed >= length) ?? [];
      return unit ? relative.format(-Math.floor(passed / length), unit) : say("just-now");
    };
    return { say, ago, moment, texts };
  };

  // ---- What is kept on this device ----

  // A browser may refuse storage altogether; then everything works, and nothing is remembered.
  const recall = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };

  // ---- Drawing ----

  let made = 0;

  const draw = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value || value === "") element.setAttribute(key, value === true ? "" : value);
    }
    // Every class is a part too, so that a site's own style sheet reaches it with ::part().
    if (element.className) element.setAttribute("part", element.className);
    element.append(...children.filter(Boolean));
    return element;
  };

  const button = (label, press, attributes) => {
    const element = draw("button", { type: "button", class: "button quiet", ...attributes }, label);
    element.addEventListener("click", press);
    return element;
  };

  // Put these items into a list in this order, moving only what is out of place: a moved element loses its focus.
  const place = (list, items) => {
    items.forEach((item, index) => {
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
    while (list.children.length > items.length) list.lastElementChild.remove();
  };

  let policy;
  const trusted = (html) => {
    policy ??= window.trustedTypes?.createPolicy("gatepost", { createHTML: (text) => text });
    return policy ? policy.createHTML(html) : html;
  };

  const ENTITIES = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  const plain = (html) => html.replace(/<[^>]*>/g, "").replace(/&([a-z#39]+);/g, (all, name) => ENTITIES[name] ?? all);

  // The server has made this safe already; setHTML, where the browser has it, looks a second time.
  const showHtml = (element, html) => {
    try {
      if (element.setHTML) element.setHTML(html);
      else element.innerHTML = trusted(html);
    } catch {
      // The page's policy allows neither: the words matter more than how they look.
      element.textContent = plain(html);
      element.classList.add("plain");
    }
    for (const link of element.querySelectorAll("a")) link.rel = "nofollow ugc noopener noreferrer";
  };

  const avatar = (comment) => {
    const circle = draw("span", { class: "avatar", "aria-hidden": "true" });
    circle.textContent = [...comment.author.trim()][0]?.toUpperCase() ?? "";
    // An author's own waiting comment has no seed yet, and stays grey.
    const hue = parseInt(comment.avatar?.slice(0, 6), 16) % 360;
    if (hue >= 0) circle.style.setProperty("--hue", hue);
    return circle;
  };

  const nameOf = (comment) => {
    const name = draw("bdi", {}, comment.author);
    const linked = /^https?:\/\//i.test(comment.website ?? "");
    return linked ? draw("a", { href: comment.website, rel: "nofollow ugc noopener noreferrer" }, name) : name;
  };

  // A box to write in, alone; write.js makes a form of it while it stands there. A page's shortcuts must not fire
  // while somebody types: outside the shadow root a key does not look like typing.
  const makeBox = (title, label, value, close) => {
    const id = `field-${++made}`;
    const body = draw("textarea", { id, name: "body", dir: "auto", rows: "4" });
    body.value = value ?? "";
    const row = draw("div", { class: "field" }, draw("label", { for: id }, label), body);
    const message = draw("p", { class: "message bad", hidden: true });
    const heading = draw("h3", { id: `${id}-title` }, title);
    const form = draw("form", { novalidate: true, "aria-labelledby": heading.id }, heading, row, message);
    for (const kind of ["keydown", "keypress", "keyup"]) form.addEventListener(kind, (event) => event.stopPropagation());
    form.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && close?.());
    form.addEventListener("submit", (event) => event.preventDefault());
    return { form, row, body, message, close };
  };

  // ---- The page ----

  // The server alone knows which addresses are one page.
  const pageAddress = () => (document.querySelector("link[rel~=canonical]")?.href || location.href).split("#")[0];
  const addressOf = (id) => `${location.href.split("#")[0]}#c-${id}`;
  const namedComment = () => /^#c-(.+)/.exec(location.hash)?.[1];

  // ---- A thread under a page, for as long as it stands there with the same options ----

  class Thread {
    // What the server gave, in its order.
    #comments = new Map();
    // New ones that are not shown yet.
    #fresh = [];
    // What is drawn, by id; kept while sorting, so that a half-written reply survives.
    #entries = new Map();
    #root;
    #leaving = new AbortController();
    #sort;
    #limit;
    #language;
    #words;
    #cursor = null;
    #open = true;
    #turn = 0;
    #timers = {};
    #writer;
    #tries = 0;
    #parts;
    #box;
    // Set by write.js, which knows the author's own comments that are not public yet.
    mine = null;

    constructor(element, root) {
      this.element = element;
      this.#root = root;
      this.site = this.option("site");
      const thread = this.option("thread");
      this.place = thread ? { thread } : { url: pageAddress() };
      this.key = thread ?? this.place.url;
      this.#sort = this.option("sort") ?? SORTS[0];
      this.#limit = this.option("page-size") ?? PAGE_SIZE;
      this.#language = chosenLanguage(this.option("lang"));
      if (this.option("loading") === "eager" || namedComment()) this.#begin();
      else this.#whenNear(() => this.#begin());
    }

    option(name) {
      return this.element.getAttribute(name) ?? script.getAttribute(`data-${name}`);
    }

    // Nothing that was asked for is waited for any longer.
    leave() {
      this.#leaving.abort();
      for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    }

    #whenNear(begin) {
      const watch = new IntersectionObserver((seen) => {
        if (!seen.some((one) => one.isIntersecting)) return;
        watch.disconnect();
        begin();
      }, { rootMargin: NEAR });
      watch.observe(this.element);
      this.#leaving.signal.addEventListener("abort", () => watch.disconnect());
    }

    async #begin() {
      // The comments are on their way while the words are.
      const first = this.#page();
      first.catch(() => {});
      const texts = await catalogue("read", this.#language).catch(() => null);
      if (this.#gone) return;
      this.#words = texts ? speech(this.#language, texts) : speech(LANGUAGES[0], EMERGENCY);
      this.#draw();
      if (!texts) return this.#notLoaded(problem("network", { detail: "no words" }));
      await this.#load(null, { asked: first });
      if (this.#gone) return;
      const { signal } = this.#leaving;
      addEventListener("hashchange", () => this.#seek("smooth"), { signal });
      document.addEventListener("visibilitychange", () => document.hidden || this.#lookIn(LOOK_MS), { signal });
      this.#tellTimes();
      this.#lookIn(LOOK_MS);
      if (recall(this.ownKey)) this.#writing().catch(() => {});
      await this.#seek("auto");
    }

    get #gone() {
      return this.#leaving.signal.aborted;
    }

    say(key, values) {
      return this.#words.say(key, values);
    }

    // -- What is on the page --

    #draw() {
      const say = this.#words.say;
      const heading = draw("h2", { id: "heading" }, say("heading"));
      const parts = {
        count: draw("span", { class: "count" }),
        note: draw("p", { class: "note" }, say("loading")),
        failure: draw("p", { class: "message bad", hidden: true }, say("not-loaded")),
        live: draw("p", { class: "unseen", role: "status" }),
        sort: this.#sortBox(),
        list: draw("ol", { role: "list", tabindex: "-1" }),
        fresh: button("", () => this.#showFresh(), { class: "button primary fresh", hidden: true }),
        feed: draw("a", { class: "soft feed", hidden: true }, say("feed")),
        more: button(say("more"), () => this.#more(), { class: "button more", hidden: true }),
      };
      this.#parts = parts;
      this.#box = makeBox(say("add"), say("body"));
      parts.form = this.#box.form;
      parts.form.addEventListener("focusin", () => this.#complete(this.#box, null));
      parts.form.hidden = !say("add");
      const reading = [parts.sort, parts.list, parts.failure, draw("div", { class: "shelf" }, parts.fresh), parts.more, parts.feed];
      // An empty title keeps the element's own from popping up as a tooltip all over the widget.
      const section = draw("section", {
        "aria-labelledby": "heading",
        title: "",
        lang: this.#language,
        dir: RIGHT_TO_LEFT.includes(this.#language) ? "rtl" : "ltr",
      },
        draw("header", {}, heading, parts.count), parts.note, parts.live,
        ...(this.option("input") === "bottom" ? [...reading, parts.form] : [parts.form, ...reading]));
      this.#root.replaceChildren(section);
      this.dress();
    }

    // A theme may change while somebody writes, so it changes nothing but colours.
    dress() {
      this.#root.firstElementChild?.setAttribute("data-theme", this.option("theme") ?? "auto");
    }

    #sortBox() {
      const say = this.#words.say;
      const names = [say("sort-oldest"), say("sort-newest"), say("sort-top")];
      const select = draw("select", { id: "sort" }, ...SORTS.map((sort, index) => draw("option", { value: sort }, names[index])));
      select.value = this.#sort;
      select.addEventListener("change", () => {
        this.#sort = select.value;
        this.#load(null);
      });
      return draw("div", { class: "sort", hidden: true }, draw("label", { for: "sort" }, say("sort")), select);
    }

    arrange() {
      const { say } = this.#words;
      const { list, note, sort, more, fresh, count, form } = this.#parts;
      const known = [...this.#comments.values()];
      const all = this.mine?.among(known) ?? known;
      this.#placeTree(list, all);
      note.textContent = this.#open ? say("empty") : say("closed");
      note.hidden = this.#open && all.length > 0;
      form.hidden = !this.#open;
      sort.hidden = this.#comments.size < 2;
      more.hidden = !this.#cursor;
      fresh.hidden = !this.#fresh.length;
      count.textContent = this.count ? say("count", { n: this.count }) : "";
    }

    // Breadth first, so that a deep thread needs no deep stack. A reply whose comment is not here stands at the top.
    #placeTree(list, all) {
      const shown = new Map(all.map((comment) => [comment.id, comment]));
      const children = new Map([[null, []]]);
      for (const comment of all) {
        const parent = shown.has(comment.parent_id) ? comment.parent_id : null;
        if (!children.has(parent)) children.set(parent, []);
        children.get(parent).push(comment);
      }
      const levels = [{ id: null, replies: list, depth: 0 }];
      for (const { id, replies, depth } of levels) {
        const deep = depth > DEEPEST_INDENT;
        const entries = (children.get(id) ?? []).map((comment) => this.#entry(comment, shown.get(id), deep));
        place(replies, entries.map((entry) => entry.item));
        replies.classList.toggle("flat", deep);
        for (const entry of entries) levels.push({ id: entry.id, replies: entry.replies, depth: depth + 1 });
      }
    }

    #entry(comment, parent, deep) {
      const stamp = JSON.stringify([comment, parent?.author, deep, this.#open]);
      const before = this.#entries.get(comment.id);
      if (before?.stamp === stamp) return before;
      const entry = before ?? { id: comment.id, item: draw("li"), replies: draw("ol", { role: "list" }) };
      entry.stamp = stamp;
      const article = this.#article(comment, parent, deep);
      entry.item.replaceChildren(article, entry.replies);
      this.#entries.set(comment.id, entry);
      return entry;
    }

    #article(comment, parent, deep) {
      const { say } = this.#words;
      const body = draw("div", { class: "body", dir: "auto" });
      showHtml(body, comment.html);
      const context = !parent ? comment.parent_id && say("reply-to-absent")
        : deep && say("reply-to-name", { author: parent.author });
      // Only an author's own copy has a status.
      const mine = comment.status && this.mine.about(comment);
      return draw("article", {
        class: mine?.note ? "comment waiting" : "comment",
        tabindex: "-1",
        "aria-label": say("comment-by", { author: comment.author }),
      },
        avatar(comment),
        draw("div", { class: "by" },
          draw("span", { class: "author" }, nameOf(comment)),
          comment.badge && draw("span", { class: "mark" }, comment.badge),
          comment.pinned && draw("span", { class: "mark" }, say("pinned")),
          draw("a", { class: "link", href: addressOf(comment.id) }, this.#time(comment.created_at)),
          comment.edited_at && this.#time(comment.edited_at, say("edited"))),
        context && draw("p", { class: "soft" }, draw("bdi", {}, context)),
        mine?.note,
        body,
        mine ? mine.actions : this.#actions(comment));
    }

    #time(text, shown) {
      const then = new Date(text);
      const time = draw("time", { datetime: text, title: this.#words.moment.format(then) }, shown ?? this.#words.ago(then));
      time.lasting = Boolean(shown);
      return time;
    }

    // Once a minute, and only what reads otherwise by now.
    #tellTimes() {
      for (const time of this.#root.querySelectorAll("time")) {
        const text = this.#words.ago(new Date(time.dateTime));
        if (!time.lasting && time.textContent !== text) time.textContent = text;
      }
      this.#timers.times = setTimeout(() => this.#tellTimes(), MINUTE_MS);
    }

    #actions(comment) {
      const { say } = this.#words;
      const reply = button(say("reply"), () => this.openBox(comment, reply), { "aria-label": say("reply-to", { author: comment.author }) });
      const asked = (label, act, attributes) => {
        const made = button(label, () => this.#writing().then((writer) => writer[act](comment, made), () => this.announce(say("not-ready"))), attributes);
        return made;
      };
      return draw("div", { class: "actions" },
        this.#open && reply,
        this.option("votes") !== "off" && asked(`${say("vote")} ${comment.votes || ""}`, "vote", {
          "aria-pressed": String(recall(this.votesKey)?.includes(comment.id) ?? false),
        }),
        asked(say("report"), "report"));
    }

    announce(text) {
      this.#parts.live.textContent = text;
    }

    emit(name, detail) {
      this.element.dispatchEvent(new CustomEvent(`gatepost:${name}`, { bubbles: true, composed: true, detail }));
    }

    // -- Reading --

    call(path, request) {
      return ask(siteAddress(this.site, path), [this.#leaving.signal], request);
    }

    failed({ status, kind, errors, detail: all }) {
      const detail = errors[0]?.detail ?? all;
      this.emit("error", { status, kind, detail });
      // What its owner may have to mend is no business of a reader.
      console.warn(`Gatepost: ${detail}`);
    }

    #page(cursor, sort = this.#sort) {
      const query = { ...this.place, sort, limit: this.#limit, ...(cursor && { cursor }) };
      return this.call(`/comments?${new URLSearchParams(query)}`);
    }

    // Returns whether it went well.
    async #load(cursor, { asked, seeking } = {}) {
      const turn = ++this.#turn;
      this.#parts.list.setAttribute("aria-busy", "true");
      try {
        const page = await (asked ?? this.#page(cursor));
        if (turn !== this.#turn || this.#gone) return false;
        this.#show(page, cursor, seeking);
        return true;
      } catch (wrong) {
        if (!wrong.kind) throw wrong;
        if (turn === this.#turn && !this.#gone) this.#notLoaded(wrong, cursor);
        return false;
      }
    }

    #more() {
      if (this.say("more")) this.#load(this.#cursor);
      else this.element.reload();
    }

    #show(page, cursor, seeking) {
      const first = this.count === undefined;
      if (!cursor) this.#comments.clear();
      for (const comment of page.comments) {
        // What came as new before may come again in its place.
        this.#comments.delete(comment.id);
        this.#comments.set(comment.id, comment);
      }
      this.#fresh = cursor ? this.#fresh.filter((comment) => !this.#comments.has(comment.id)) : [];
      this.#cursor = page.next;
      this.#open = page.thread.open;
      this.count = page.thread.count;
      this.mine?.tidy();
      this.#loaded(true);
      this.arrange();
      if (first) {
        // From here on what is kept on this device has the thread's own name.
        this.key = page.thread.key;
        this.#box.body.value ||= this.#draft(null) ?? "";
        this.#parts.feed.href = `${BASE}sites/${this.site}/feed.atom?${new URLSearchParams({ thread: this.key })}`;
        this.#parts.feed.hidden = false;
        this.emit("ready", { thread: this.key, count: this.count });
      }
      if (cursor && !seeking) {
        this.announce(this.say("more-shown", { n: page.comments.length }));
        this.focus(page.comments[0]?.id);
      }
    }

    #notLoaded(wrong, cursor = null) {
      this.#cursor = cursor;
      this.#loaded(false);
      this.announce(this.say("not-loaded"));
      this.failed(wrong);
    }

    #loaded(well) {
      const { say } = this.#words;
      const { list, note, failure, more } = this.#parts;
      list.removeAttribute("aria-busy");
      note.hidden = true;
      failure.hidden = well;
      more.hidden = false;
      more.textContent = well ? say("more") : say("try-again");
    }

    focus(id, options) {
      this.#entries.get(id)?.item.firstElementChild.focus(options);
    }

    // The comment that the address names is loaded, shown, marked, and has the focus.
    async #seek(behavior) {
      const id = namedComment();
      const here = () => this.#entries.get(id)?.item.isConnected;
      for (let pages = 0; id && !here() && this.#cursor && pages < SEEK_PAGES; pages++) {
        if (!(await this.#load(this.#cursor, { seeking: true }))) return;
      }
      if (!here()) return;
      for (const before of this.#root.querySelectorAll(".named")) before.classList.remove("named");
      const article = this.#entries.get(id).item.firstElementChild;
      article.classList.add("named");
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      article.scrollIntoView({ behavior: calm ? "auto" : behavior, block: "center" });
      article.focus({ preventScroll: true });
    }

    // -- What is new --

    #lookIn(wait) {
      clearTimeout(this.#timers.look);
      this.#timers.look = setTimeout(async () => {
        let next = wait;
        const { top, bottom } = this.element.getBoundingClientRect();
        const seen = !document.hidden && bottom > 0 && top < innerHeight;
        if (seen) next = (await this.#look()) ? LOOK_MS : Math.min(wait * 1.5, LOOK_MAX_MS);
        if (!this.#gone) this.#lookIn(next);
      }, wait);
    }

    // Returns whether there is something new. The browser sends the ETag that it has, and mostly hears "304".
    async #look() {
      try {
        await this.mine?.settle();
        const turn = this.#turn;
        const page = await this.#page(null, "newest");
        if (turn !== this.#turn || this.#gone) return false;
        const unknown = page.comments.filter((comment) => !this.isPublic(comment.id));
        const others = this.mine?.without(unknown) ?? unknown;
        const before = this.#fresh.length;
        // A comment that was not loaded yet is no news: there are as many new ones as the thread has grown by.
        this.#fresh = others.slice(0, Math.max(0, page.thread.count - this.count - unknown.length + others.length));
        if (this.#fresh.length === before) return false;
        const text = this.say("new", { n: this.#fresh.length });
        this.#parts.fresh.replaceChildren(draw("span", {}, text));
        this.#parts.fresh.hidden = !this.#fresh.length;
        this.announce(this.#fresh.length ? text : "");
        return true;
      } catch {
        return false;
      }
    }

    #showFresh() {
      const fresh = this.#fresh;
      const all = [...this.#comments.values()];
      // They are the newest first; the thread is in its own order.
      const sorted = this.#sort === "newest" ? [...fresh, ...all] : [...all, ...fresh.toReversed()];
      this.#comments = new Map(sorted.map((comment) => [comment.id, comment]));
      this.count += fresh.length;
      this.#fresh = [];
      this.arrange();
      this.focus(fresh.at(-1).id);
    }

    // -- Writing: the box is here, all else comes with write.js --

    #draft(parent) {
      return recall(this.draftKey(parent))?.body;
    }

    draftKey(parent) {
      return `gatepost:draft:${this.site}:${this.key}:${parent ?? ""}`;
    }

    // A box under a comment. Closing gives the focus back to what opened it, and keeps what was written.
    openBox(comment, opener, editing) {
      const { say } = this.#words;
      const entry = this.#entries.get(comment.id);
      const close = () => {
        entry.box.form.remove();
        opener.hidden = false;
        opener.focus();
      };
      const title = editing ? this.say("edit-own") : say("reply-to", { author: comment.author });
      entry.box ??= makeBox(title, say("body"), editing ? comment.body : this.#draft(comment.id), close);
      opener.hidden = true;
      entry.replies.before(entry.box.form);
      entry.box.body.focus();
      this.#complete(entry.box, comment, editing);
    }

    // What was written has arrived: the box goes, and the focus moves to the comment that it made.
    finish(parent, id) {
      const entry = this.#entries.get(parent);
      entry.box.close();
      entry.box = null;
      this.focus(id);
    }

    // Make a form of a box, without touching what is being typed in it; tried again with the next focus if it fails.
    async #complete(box, comment, editing) {
      if (box.completing) return;
      box.completing = true;
      try {
        (await this.#writing()).complete(box, comment, editing);
        box.message.hidden = true;
      } catch {
        box.completing = false;
        box.message.textContent = this.say("not-ready");
        box.message.hidden = false;
        this.announce(box.message.textContent);
      }
    }

    #writing() {
      if (this.#writer) return this.#writer;
      // A browser may remember that a module could not be had; under another address it asks again.
      const again = this.#tries++ ? `?try=${this.#tries}` : "";
      this.#writer = Promise.all([import(`${BASE}write.js${again}`), catalogue("write", this.#language)]).then(([module, texts]) => {
        Object.assign(this.#words.texts, texts);
        const tools = { draw, button, showHtml, recall, problem, root: this.#root, knows: (key) => key in this.#words.texts };
        return module.writer(this, tools);
      });
      this.#writer.catch(() => (this.#writer = null));
      return this.#writer;
    }

    get votesKey() {
      return `gatepost:votes:${this.site}`;
    }

    get ownKey() {
      return `gatepost:own:${this.site}:${this.key}`;
    }

    isPublic(id) {
      return this.#comments.has(id);
    }
  }

  // ---- The element ----

  class GatepostComments extends HTMLElement {
    static observedAttributes = OPTIONS;
    #root = this.attachShadow({ mode: "open" });
    #thread;

    connectedCallback() {
      this.#root.adoptedStyleSheets = [styles];
      this.reload();
    }

    disconnectedCallback() {
      this.#thread?.leave();
      this.#thread = null;
    }

    // Several attributes that change together are one change.
    attributeChangedCallback(name, before, after) {
      if (!this.#thread || before === after || name === "title") return;
      if (name === "theme") return this.#thread.dress();
      this.disconnectedCallback();
      queueMicrotask(() => this.isConnected && !this.#thread && this.reload());
    }

    reload() {
      this.#thread?.leave();
      this.#root.replaceChildren();
      this.#thread = new Thread(this, this.#root);
    }
  }

  // ---- Counts for pages that list others ----

  // Each place names a thread, or is a link to its page.
  const counted = ({ dataset, href }) => (dataset.gatepostCount ? ["thread", dataset.gatepostCount] : ["url", href?.split("#")[0]]);

  const showCounts = async () => {
    const places = [...document.querySelectorAll("[data-gatepost-count]")];
    // A link to another website is no page of ours, and asking for it would fail for all.
    const ours = ([kind, key]) => key && (kind === "thread" || key.startsWith(`${location.origin}/`));
    const asked = places.map(counted).filter(ours);
    const language = chosenLanguage(script.dataset.lang);
    while (asked.length) {
      const [texts, { counts }] = await Promise.all([
        catalogue("read", language),
        ask(siteAddress(script.dataset.site, `/counts?${new URLSearchParams(asked.splice(0, COUNTS_MAX))}`), []),
      ]);
      const { say } = speech(language, texts);
      for (const place of places) {
        const n = counts[counted(place)[1]];
        if (n >= 0) place.textContent = say("count", { n });
      }
    }
  };

  // ---- Looks ----

  // Colours grow out of the page's own text colour, so that the widget is light on light pages and dark on dark ones,
  // however the page decides that. A site owner may set the --gatepost-… colours below.
  // Not indented: these spaces would travel.
  const styles = new CSSStyleSheet();
  styles.replaceSync(`
:host {
  all: initial; display: block; contain: layout style; color: inherit; font: inherit; color-scheme: inherit;
  --accent: var(--gatepost-accent, oklch(from currentColor clamp(.45, (l - .6) * 1000, .8) .1 178));
  --on-accent: var(--gatepost-on-accent, oklch(from var(--accent) clamp(.2, (.66 - l) * 1000, 1) .02 h));
  --error: var(--gatepost-error, oklch(from currentColor clamp(.47, (l - .6) * 1000, .81) .15 24));
  --soft: var(--gatepost-soft, color-mix(in srgb, currentColor 75%, transparent));
  --edge: var(--gatepost-edge, color-mix(in srgb, currentColor 58%, transparent));
  --line: var(--gatepost-line, color-mix(in srgb, currentColor 16%, transparent));
  --field: var(--gatepost-field, color-mix(in srgb, currentColor 3%, transparent));
  --radius: var(--gatepost-radius, .5em);
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; margin: 0; }
section { container-type: inline-size; overflow-wrap: anywhere; line-height: 1.55; text-align: start; }
[data-theme=light] { color-scheme: light; color: #1c2321; }
[data-theme=dark] { color-scheme: dark; color: #e4ebe8; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
article:focus-visible { outline-color: var(--edge); outline-offset: .5em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
a { color: var(--accent); text-underline-offset: .18em; }

header, .by, .actions, .sort { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .7em; }
h2 { font-size: 1.4em; font-weight: 650; }
h3 { font-size: 1em; font-weight: 600; }
.count, .soft, .hint, time, .sort { color: var(--soft); font-size: .9em; }
.note { color: var(--soft); margin-block-start: .5em; }

form { display: grid; gap: 1em; margin-block-start: 1.5em; }
.field { display: grid; gap: .3em .6em; align-content: start; align-items: baseline; grid-template-columns: auto 1fr; }
.field > :not(label, .hint) { grid-column: 1 / -1; }
label { font-size: .9em; font-weight: 550; }
input, textarea, select {
  font: inherit; font-size: max(16px, 1em); color: inherit; background: var(--field); inline-size: 100%;
  min-block-size: 2.6em; padding: .5em .7em; border: 1px solid var(--edge); border-radius: var(--radius);
}
textarea { resize: vertical; min-block-size: 8em; }
option { color: CanvasText; background: Canvas; }
.sort label { font: inherit; }
.message { padding: .6em .9em; border-inline-start: 3px solid var(--accent); background: var(--field); }
.bad { border-color: var(--error); }

.button { font: inherit; color: inherit; cursor: pointer; border: 0; border-radius: var(--radius); min-block-size: 1.75em; background: none; }
.quiet { padding: .15em .5em; margin-inline-start: -.5em; font-size: .9em; color: var(--soft); font-weight: 550; }
.quiet:hover, .link:hover { color: var(--accent); text-decoration: underline; }
.more { display: block; margin: 1.75em auto 0; padding: .6em 1.2em; border: 1px solid var(--edge); }
.link { color: inherit; text-decoration: none; padding-block: .2em; }
.named { background: var(--field); box-shadow: 0 0 0 .6em var(--field); }
.shelf { position: sticky; inset-block-end: 0; block-size: 0; display: grid; justify-items: center; align-items: end; z-index: 1; }
.primary { background: var(--accent); padding: .6em 1.2em; font-weight: 600; }
.primary span { color: var(--on-accent); }
[aria-pressed=true] { color: var(--accent); }
.fresh { margin-block-end: 1em; border-radius: 2em; }
.sort { align-items: center; gap: .5em; justify-content: flex-end; margin-block-start: 1.5em; }
select { inline-size: auto; min-block-size: 2em; padding: .15em .4em; font-size: inherit; }

.feed, section > .message { display: block; margin-block-start: 1.5em; }
ol { list-style: none; padding: 0; }
li { margin-block-start: 1.6em; }
li > ol { margin-inline-start: 1.2em; padding-inline-start: 1.6em; border-inline-start: 1px solid var(--line); }
li > ol:empty { display: none; }
li > .flat { margin: 0; padding: 0; border: 0; }
article { position: relative; min-block-size: 2.4em; padding-inline-start: 3.1em; }
li > form { margin-inline-start: 3.1em; }
.avatar {
  position: absolute; inset-block-start: 0; inset-inline-start: 0; inline-size: 2.4em; block-size: 2.4em; border-radius: 50%;
  display: grid; place-items: center; font-weight: 600; line-height: 1; overflow: hidden;
  background: oklch(from currentColor clamp(.36, (.6 - l) * 1000, .91) .055 var(--hue));
}
.author { font-weight: 600; }
.author a { color: inherit; padding-block: .2em; }
.author, .body { min-inline-size: 0; overflow: clip; overflow-clip-margin: 4px; }
.mark { border: 1px solid var(--edge); border-radius: 1em; padding: .05em .6em; font-size: .9em; }
.body { margin-block-start: .2em; }
.body > * + * { margin-block-start: .7em; }
.body :is(p, li, blockquote) { unicode-bidi: plaintext; text-align: start; }
.body :is(ul, ol) { padding-inline-start: 1.4em; list-style: disc; }
.body ol { list-style: decimal; }
.body li { margin-block-start: .25em; }
.body blockquote { padding-inline-start: .9em; border-inline-start: 3px solid var(--line); }
.body :is(pre, code) { font-family: ui-monospace, monospace; font-size: .95em; background: var(--field); }
.body pre { padding: .7em .9em; overflow-x: auto; }
.plain { white-space: pre-line; }
article > .actions { margin-block-start: .25em; }

@container (inline-size < 30em) {
  .avatar { inline-size: 1.8em; block-size: 1.8em; }
  article { padding-inline-start: 2.4em; }
  li > form { margin-inline-start: 0; }
  li > ol { margin-inline-start: .9em; padding-inline-start: .8em; }
}
@media (forced-colors: active) {
  .primary, .avatar, .message { border: 1px solid; }
}
  `);

  // ---- On the page ----

  customElements.define("gatepost-comments", GatepostComments);

  // The element may still be further down a page that is being read. A page that lists others wants none.
  const begin = () => {
    showCounts().catch(() => {});
    if (document.querySelector("gatepost-comments, [data-gatepost-count]")) return;
    const element = document.createElement("gatepost-comments");
    if (document.body.contains(script)) script.after(element);
    else document.body.append(element);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
