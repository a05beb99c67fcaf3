// Shows the comments of a page and lets its readers write. One script, no cookies, and no other host is asked.
//
//   <script async src="https://comments.example.org/embed.js" data-site="blog"></script>
//
// is all that a page needs; <gatepost-comments></gatepost-comments> says where. `thread`, `title` and `theme` may
// stand on the element, or as data-thread, data-title and data-theme on the script.
(() => {
  "use strict";

  // Taken now: the page's own scripts may replace them later, and currentScript is gone once this file has run.
  const { AbortSignal, CustomEvent, Date, Intl, JSON, Map, URL, crypto, document, fetch, location } = window;
  const script = document.currentScript ?? document.querySelector("script[data-site]");
  if (!script || customElements.get("gatepost-comments")) return;

  const LANGUAGE = "en";
  const WORDS = {
    en: {
      "heading": "Comments",
      "count": { one: "{n} comment", other: "{n} comments" },
      "loading": "Loading comments…",
      "empty": "No comments yet. Be the first.",
      "closed": "Comments are closed.",
      "sort": "Sort by",
      "sort-oldest": "Oldest",
      "sort-newest": "Newest",
      "sort-top": "Top",
      "more": "Load more comments",
      "more-shown": { one: "{n} more comment is shown.", other: "{n} more comments are shown." },
      "not-loaded": "The comments could not be loaded.",
      "try-again": "Try again",
      "comment-by": "Comment by {author}",
      "reply-to-absent": "In reply to a comment that is not shown here",
      "reply-to-name": "In reply to {author}",
      "just-now": "just now",
      "edited": "edited",
      "pinned": "Pinned",
      "waiting": "Waiting for approval",
      "waiting-who": "Only you can see it until then.",
      "reply": "Reply",
      "reply-to": "Reply to {author}",
      "edit": "Edit",
      "edit-own": "Edit your comment",
      "delete": "Delete",
      "delete-sure": "Delete for good?",
      "deleted": "Your comment is deleted.",
      "add": "Add a comment",
      "body": "Comment",
      "body-hint": "Markdown works here",
      "author": "Name",
      "email": "E-mail",
      "email-hint": "optional, private",
      "website": "Website",
      "website-hint": "optional",
      "remember": "Remember me on this device",
      "send": "Send comment",
      "send-reply": "Send reply",
      "send-edit": "Save changes",
      "sending": "Sending…",
      "cancel": "Cancel",
      "posted-pending": "Thank you. Your comment is waiting for approval.",
      "posted-approved": "Thank you. Your comment is published.",
      "changed": "Your change is saved.",
      "wrong-body": "Please write a comment.",
      "wrong-author": "Please write your name.",
      "wrong-email": "Write it like name@example.org, or leave it empty.",
      "wrong-length": "This is {n} characters long; at most {max} fit.",
      "problem": "That did not work. Your text is still here; please try again.",
      "problem-network": "The comments cannot be reached. Your text is still here; please try again.",
      "problem-too-fast": {
        one: "That was a little fast. Your text is still here; please try again in {n} second.",
        other: "That was a little fast. Your text is still here; please try again in {n} seconds.",
      },
      "problem-warned": "A moderator may mind: {words}. Change it, or send it again as it is.",
      "problem-invalid": { one: "{n} field needs a change.", other: "{n} fields need a change." },
      "problem-thread-closed": "Comments are closed. Your text is still here.",
      "problem-unchangeable": "This comment can no longer be changed.",
    },
  };

  const BASE = new URL(".", script.src).href;
  const PAGE_SIZE = 50;
  const SORTS = ["oldest", "newest", "top"];
  const FIELDS = {
    body: { max: 5000, required: true },
    author: { max: 80, required: true, autocomplete: "name" },
    email: { max: 254, type: "email", autocomplete: "email" },
    website: { max: 2048, type: "url", autocomplete: "url" },
  };
  const IDENTITY = ["author", "email", "website"];
  const DEEPEST_INDENT = 4;
  const TITLE_MAX = 300;
  const PATIENCE_MS = 20_000;
  // After a month without approval a moderator has said no; the author's own copy need not say "waiting" for ever.
  const OWN_KEPT_MS = 30 * 86_400_000;
  const UNITS = [
    ["year", 31_536_000_000],
    ["month", 2_592_000_000],
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ];

  // ---- Words, times, storage ----

  const plural = new Intl.PluralRules(LANGUAGE);
  const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
  const moment = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeStyle: "short" });

  const knows = (key) => key in WORDS[LANGUAGE];

  const say = (key, values = {}) => {
    const found = WORDS[LANGUAGE][key];
    const text = typeof found === "string" ? found : (found[plural.select(values.n)] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString(LANGUAGE));
  };

  const ago = (then) => {
    const passed = Date.now() - then;
    const [unit, length] = UNITS.find(([, length]) => passed >= length) ?? [];
    return unit ? relative.format(-Math.floor(passed / length), unit) : say("just-now");
  };

  // A browser may refuse storage altogether; then everything works, and nothing is remembered.
  const recall = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const remember = (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {}
  };

  // Not randomUUID, which is missing on pages without TLS.
  const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

  const length = (text) => [...text].length;
  const clipped = (text, most) => [...text.replace(/\p{C}+/gu, " ").trim()].slice(0, most).join("");

  // ---- Drawing ----

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

  const time = (text, shown) => {
    const then = new Date(text);
    return draw("time", { datetime: text, title: moment.format(then) }, shown ?? ago(then));
  };

  const nameOf = (comment) => {
    const name = draw("bdi", {}, comment.author);
    const linked = /^https?:\/\//i.test(comment.website ?? "");
    return linked ? draw("a", { href: comment.website, rel: "nofollow ugc noopener noreferrer" }, name) : name;
  };

  // ---- Forms ----

  class Problem extends Error {
    constructor(kind, details) {
      super(kind);
      Object.assign(this, { kind, status: 0, errors: [] }, details);
    }
  }

  const sentence = ({ kind, errors, retryAfter, words }) => {
    const other = errors.find((wrong) => !FIELDS[wrong.field]);
    if (other) return `${say("problem")} (${other.field}: ${other.detail})`;
    const key = `problem-${kind}`;
    return say(knows(key) ? key : "problem", { n: kind === "too-fast" ? retryAfter || 60 : errors.length, words });
  };

  let made = 0;

  const makeField = (name, value) => {
    const { max, required, type, autocomplete } = FIELDS[name];
    const id = `field-${++made}`;
    const hint = knows(`${name}-hint`) && draw("span", { class: "hint", id: `${id}-hint` }, say(`${name}-hint`));
    const error = draw("p", { class: "error", id: `${id}-error`, hidden: true });
    const input = draw(name === "body" ? "textarea" : "input", {
      id, name, type, autocomplete, required, dir: "auto",
      rows: name === "body" && "5",
      maxlength: name !== "body" && max,
    });
    input.value = value ?? "";
    const row = draw("div", { class: "field" }, draw("label", { for: id }, say(name)), hint, input, error);

    // A text box does not cut what is pasted, so that nothing is lost without a word.
    const wrong = () => {
      const text = input.value.trim();
      if (required && !text) return say(`wrong-${name}`);
      if (length(text) > max) return say("wrong-length", { n: length(text), max });
      return type === "email" && text && input.validity.typeMismatch ? say("wrong-email") : "";
    };

    const mark = (message) => {
      error.textContent = message;
      error.hidden = !message;
      input.setAttribute("aria-describedby", `${message && error.id} ${hint ? hint.id : ""}`);
      input.setAttribute("aria-invalid", Boolean(message));
    };
    mark("");
    input.addEventListener("input", () => mark(""));
    return { name, input, row, wrong, mark };
  };

  const makeRememberBox = (ticked) => {
    const box = draw("input", { type: "checkbox", id: `field-${++made}` });
    box.checked = ticked;
    return { box, row: draw("div", { class: "remember" }, box, draw("label", { for: box.id }, say("remember"))) };
  };

  // A page's shortcuts must not fire while somebody types: outside the shadow root a key does not look like typing.
  const guardKeys = (form, close) => {
    form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.isComposing) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key === "Escape" && close) close();
    });
    for (const kind of ["keypress", "keyup"]) form.addEventListener(kind, (event) => event.stopPropagation());
  };

  // One form for a new comment, a reply and a change. `send` gets what was written, and returns what to tell the
  // author, or throws a Problem; the text stays until it is known to have arrived.
  const makeForm = ({ title, names, values, label, announce, send, close }) => {
    const fields = names.map((name) => makeField(name, values[name]));
    const [body, ...identity] = fields;
    const remembering = identity.length ? makeRememberBox(values.remember) : null;
    const message = draw("p", { class: "message", hidden: true });
    const words = draw("span", {}, label);
    const submit = draw("button", { type: "submit", class: "button primary" }, words);
    const heading = draw("h3", { id: `field-${++made}` }, title);
    const form = draw("form", { novalidate: true, "aria-labelledby": heading.id },
      heading, body.row,
      identity.length > 0 && draw("div", { class: "identity" }, ...identity.map((field) => field.row)),
      remembering?.row,
      draw("div", { class: "actions" }, submit, close && button(say("cancel"), close)),
      message);

    const tell = (text, good) => {
      message.textContent = text;
      message.hidden = !text;
      message.classList.toggle("bad", !good);
      announce(text);
    };
    const showErrors = (problem) => {
      const details = new Map(problem.errors.map((wrong) => [wrong.field, wrong.detail]));
      for (const field of fields) field.mark(details.get(field.name) ?? "");
      tell(sentence(problem));
      fields.find((field) => details.has(field.name))?.input.focus();
    };
    const written = () => {
      const entries = fields.map((field) => [field.name, field.input.value.trim()]);
      return Object.fromEntries(entries.filter(([, value]) => value));
    };

    let busy = false;
    const setBusy = (now) => {
      busy = now;
      submit.setAttribute("aria-disabled", busy);
      words.textContent = busy ? say("sending") : label;
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      const errors = fields.map((field) => ({ field: field.name, detail: field.wrong() })).filter((wrong) => wrong.detail);
      if (errors.length) return showErrors(new Problem("invalid", { errors }));
      setBusy(true);
      try {
        const told = await send(written(), remembering?.box.checked);
        body.input.value = "";
        tell(told, true);
      } catch (problem) {
        if (!problem.kind) throw problem;
        // What the server says of a field follows on its name: "Comment is …".
        for (const wrong of problem.errors) if (FIELDS[wrong.field]) wrong.detail = `${say(wrong.field)} ${wrong.detail}`;
        showErrors(problem);
      } finally {
        setBusy(false);
      }
    });
    form.addEventListener("input", () => (message.hidden = true));
    guardKeys(form, close);
    return { form, focus: () => body.input.focus() };
  };

  // ---- The element ----

  class GatepostComments extends HTMLElement {
    #root = this.attachShadow({ mode: "open" });
    // What the server gave, in its order.
    #comments = new Map();
    // What is drawn, by id; kept while sorting, so that a half-written reply survives.
    #entries = new Map();
    // The author's own comments that are not public yet.
    #own = [];
    // By parent: a request whose answer never came, to be sent again exactly as it was.
    #unanswered = new Map();
    // What the server said when somebody began to write, and the words that they have been warned of.
    #begun = null;
    #warned = null;
    #sort = SORTS[0];
    #cursor = null;
    #open = true;
    #turn = 0;
    #parts;

    connectedCallback() {
      if (this.#parts) return;
      this.site = this.getAttribute("site") ?? script.dataset.site;
      this.thread = this.getAttribute("thread") ?? script.dataset.thread ?? pagePath();
      this.#own = this.#recalled();
      this.#draw();
      this.#load();
    }

    // -- What is on the page --

    #draw() {
      this.#root.adoptedStyleSheets = [styles];
      this.#root.addEventListener("focusin", (event) => event.target.closest("form") && this.#begin());
      const heading = draw("h2", { id: "heading" }, say("heading"));
      const parts = {
        count: draw("span", { class: "count" }),
        note: draw("p", { class: "note" }, say("loading")),
        failure: draw("p", { class: "message bad", hidden: true }, say("not-loaded")),
        live: draw("p", { class: "unseen", role: "status" }),
        sort: this.#sortBox(),
        list: draw("ol", { role: "list", tabindex: "-1" }),
        more: button(say("more"), () => this.#load(this.#cursor), { class: "button more", hidden: true }),
      };
      this.#parts = parts;
      parts.form = makeForm({
        title: say("add"),
        names: ["body", ...IDENTITY],
        values: this.#identity(),
        label: say("send"),
        announce: (text) => this.#announce(text),
        send: (written, ticked) => this.#post(written, ticked, null),
      }).form;
      const theme = this.getAttribute("theme") ?? script.dataset.theme ?? "auto";
      // An empty title keeps the element's own from popping up as a tooltip all over the widget.
      this.#root.append(draw("section", { "aria-labelledby": "heading", title: "", "data-theme": theme },
        draw("header", {}, heading, parts.count),
        parts.note, parts.form, parts.live, parts.sort, parts.list, parts.failure, parts.more));
    }

    #sortBox() {
      const options = SORTS.map((sort) => draw("option", { value: sort }, say(`sort-${sort}`)));
      const select = draw("select", { id: "sort" }, ...options);
      select.addEventListener("change", () => {
        this.#sort = select.value;
        this.#load();
      });
      return draw("div", { class: "sort", hidden: true }, draw("label", { for: "sort" }, say("sort")), select);
    }

    #arrange() {
      const { list, note, sort, more, count, form } = this.#parts;
      const own = this.#own.filter((comment) => !this.#comments.has(comment.id));
      const all = [
        ...own.filter((comment) => !comment.parent_id),
        ...this.#comments.values(),
        ...own.filter((comment) => comment.parent_id),
      ];
      this.#placeTree(list, all);
      note.textContent = say(this.#open ? "empty" : "closed");
      note.hidden = this.#open && all.length > 0;
      form.hidden = !this.#open;
      sort.hidden = this.#comments.size < 2;
      more.hidden = !this.#cursor;
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
      const article = this.#article(comment, parent, deep, entry);
      entry.item.replaceChildren(article, entry.replies);
      this.#entries.set(comment.id, entry);
      return entry;
    }

    #article(comment, parent, deep, entry) {
      const body = draw("div", { class: "body", dir: "auto" });
      showHtml(body, comment.html);
      const context = !parent ? comment.parent_id && say("reply-to-absent")
        : deep && say("reply-to-name", { author: parent.author });
      const waiting = comment.status === "pending";
      return draw("article", {
        class: waiting ? "comment waiting" : "comment",
        tabindex: "-1",
        "aria-label": say("comment-by", { author: comment.author }),
      },
        avatar(comment),
        draw("div", { class: "by" },
          draw("span", { class: "author" }, nameOf(comment)),
          comment.badge && draw("span", { class: "mark" }, comment.badge),
          comment.pinned && draw("span", { class: "mark" }, say("pinned")),
          time(comment.created_at),
          comment.edited_at && time(comment.edited_at, say("edited"))),
        context && draw("p", { class: "soft" }, draw("bdi", {}, context)),
        waiting && draw("p", { class: "soft" }, draw("span", { class: "mark" }, say("waiting")), ` ${say("waiting-who")}`),
        body,
        this.#actions(comment, entry));
    }

    #actions(comment, entry) {
      const row = draw("div", { class: "actions" });
      if (comment.edit_token) {
        if (Date.parse(comment.edit_until) > Date.now()) row.append(...this.#ownButtons(comment, entry));
      } else if (this.#open) {
        const reply = button(say("reply"), () => this.#openReply(comment, entry, reply), {
          "aria-label": say("reply-to", { author: comment.author }),
        });
        row.append(reply);
      }
      return row.hasChildNodes() && row;
    }

    #ownButtons(comment, entry) {
      const edit = button(say("edit"), () => this.#openEdit(comment, entry, edit));
      const remove = button(say("delete"), () => {
        if (remove.textContent === say("delete-sure")) return this.#delete(comment, remove.parentNode);
        remove.textContent = say("delete-sure");
        this.#announce(say("delete-sure"));
      });
      remove.addEventListener("blur", () => (remove.textContent = say("delete")));
      return [edit, remove];
    }

    #announce(text) {
      this.#parts.live.textContent = text;
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(`gatepost:${name}`, { bubbles: true, composed: true, detail }));
    }

    // -- Forms in place --

    #openReply(comment, entry, opener) {
      entry.draft ??= this.#formInPlace(entry, {
        title: say("reply-to", { author: comment.author }),
        names: ["body", ...IDENTITY],
        values: this.#identity(),
        label: say("send-reply"),
        send: (written, ticked) => this.#post(written, ticked, comment.id),
      });
      entry.draft.open(opener);
    }

    #openEdit(comment, entry, opener) {
      entry.draft ??= this.#formInPlace(entry, {
        title: say("edit-own"),
        names: ["body"],
        values: comment,
        label: say("send-edit"),
        send: (written) => this.#change(comment, written.body),
      });
      entry.draft.open(opener);
    }

    // A form under a comment. Closing gives the focus back to what opened it, and keeps what was written.
    #formInPlace(entry, options) {
      let opener;
      const close = () => {
        form.remove();
        opener.hidden = false;
        opener.focus();
      };
      const { form, focus } = makeForm({ ...options, announce: (text) => this.#announce(text), close });
      const open = (by) => {
        opener = by;
        opener.hidden = true;
        entry.replies.before(form);
        focus();
      };
      return { open, close };
    }

    // What was written has arrived: the form goes, and the focus moves to the comment that it made.
    #finish(entry, id) {
      entry.draft.close();
      entry.draft = null;
      this.#focusComment(id);
    }

    #focusComment(id) {
      this.#entries.get(id)?.item.firstElementChild.focus();
    }

    // -- Reading --

    async #load(cursor = null) {
      const turn = ++this.#turn;
      const query = { thread: this.thread, sort: this.#sort, limit: PAGE_SIZE, ...(cursor && { cursor }) };
      this.#parts.list.setAttribute("aria-busy", "true");
      try {
        const page = await this.#call("GET", `/comments?${new URLSearchParams(query)}`);
        if (turn === this.#turn) this.#show(page, cursor);
      } catch (problem) {
        if (!problem.kind) throw problem;
        if (turn === this.#turn) this.#notLoaded(problem, cursor);
      }
    }

    #show(page, cursor) {
      const first = this.count === undefined;
      if (!cursor) this.#comments.clear();
      for (const comment of page.comments) this.#comments.set(comment.id, comment);
      this.#cursor = page.next;
      this.#open = page.thread.open;
      this.count = page.thread.count;
      if (this.#own.some((comment) => this.#comments.has(comment.id))) this.#keepOwn((own) => own);
      this.#loaded(true);
      this.#arrange();
      if (first) this.#emit("ready", { thread: this.thread, count: this.count });
      if (cursor) {
        this.#announce(say("more-shown", { n: page.comments.length }));
        this.#focusComment(page.comments[0]?.id);
      }
    }

    #notLoaded(problem, cursor) {
      this.#cursor = cursor;
      this.#loaded(false);
      this.#announce(say("not-loaded"));
      this.#failed(problem);
    }

    #loaded(well) {
      const { list, note, failure, more } = this.#parts;
      list.removeAttribute("aria-busy");
      note.hidden = true;
      failure.hidden = well;
      more.hidden = false;
      more.textContent = say(well ? "more" : "try-again");
    }

    // -- Writing --

    async #post(written, ticked, parent) {
      this.#rememberIdentity(written, ticked);
      const fields = JSON.stringify(written);
      const { form_token, warn } = (await this.#begun) ?? {};
      if (warn && this.#warned !== fields) await this.#warn(written.body, fields);
      // The same words go out again under the same key, so that a retry never makes a second comment.
      let request = this.#unanswered.get(parent);
      if (request?.fields !== fields) {
        request = { fields, key: newKey(), body: { ...this.#page(), ...written, ...(form_token && { form_token }), ...(parent && { parent_id: parent }) } };
        this.#unanswered.set(parent, request);
      }
      const answer = await this.#write("POST", "/comments", request);
      this.#unanswered.delete(parent);
      const comment = { ...answer, author: written.author, body: written.body, parent_id: parent, created_at: new Date().toISOString() };
      this.#keepOwn((own) => [...own, comment]);
      this.#arrange();
      if (parent) this.#finish(this.#entries.get(parent), comment.id);
      this.#emit("posted", { id: answer.id, status: answer.status, parent_id: parent });
      return say(`posted-${answer.status}`);
    }

    // Asked once, when somebody begins to write; without an answer a comment goes out all the same.
    #begin() {
      this.#begun ??= this.#call("GET", "/form").catch(() => null);
    }

    async #warn(body, fields) {
      const { warnings = [] } = await this.#call("POST", "/preview", { body: { body } }).catch(() => ({}));
      this.#warned = fields;
      const words = warnings.flatMap((found) => found.words).map((word) => `“${word}”`).join(", ");
      if (words) throw new Problem("warned", { words });
    }

    async #change(comment, body) {
      const answer = await this.#write("PATCH", `/comments/${comment.id}`, { body: { body }, token: comment.edit_token });
      this.#keepOwn((own) => own.map((kept) => (kept.id === comment.id ? { ...kept, ...answer, body } : kept)));
      this.#arrange();
      this.#finish(this.#entries.get(comment.id), comment.id);
      return say("changed");
    }

    async #delete(comment, row) {
      try {
        await this.#write("DELETE", `/comments/${comment.id}`, { token: comment.edit_token });
      } catch (problem) {
        row.replaceChildren(draw("p", { class: "message bad" }, sentence(problem)));
        return this.#announce(sentence(problem));
      }
      this.#keepOwn((own) => own.filter((kept) => kept.id !== comment.id));
      this.#arrange();
      this.#announce(say("deleted"));
      this.#parts.list.focus({ preventScroll: true });
    }

    async #write(method, path, request) {
      try {
        return await this.#call(method, path, request);
      } catch (problem) {
        this.#failed(problem);
        throw problem;
      }
    }

    async #call(method, path, { body, key, token } = {}) {
      const headers = {};
      if (body) headers["Content-Type"] = "application/json";
      if (key) headers["Idempotency-Key"] = key;
      if (token) headers["Authorization"] = `Bearer ${token}`;
      let answer;
      let content = null;
      try {
        // no-cache asks each time, mostly to hear "304": a comment that was just approved must be there on reload.
        answer = await fetch(`${BASE}api/v1/sites/${encodeURIComponent(this.site)}${path}`, {
          method, headers, body: body && JSON.stringify(body),
          cache: "no-cache", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS),
        });
        if (answer.status !== 204) content = await answer.json();
      } catch (cause) {
        throw new Problem("network", { detail: String(cause) });
      }
      if (answer.ok) return content;
      const { type, errors = [], detail } = content;
      const kind = String(type).split("/").pop();
      const late = token && ["unauthorized", "forbidden", "conflict", "not-found"].includes(kind);
      throw new Problem(late ? "unchangeable" : kind, { status: answer.status, errors, detail, retryAfter: Number(answer.headers.get("Retry-After")) });
    }

    #failed(problem) {
      this.#emit("error", { status: problem.status, kind: problem.kind, detail: problem.detail });
      // A browser does not let a page see that its origin was refused; its owner should think of it.
      if (problem.kind === "network") console.warn(`Gatepost: ${problem.detail}. Is ${location.origin} an origin of the site?`);
    }

    // Which page this is, as it is now: a page may change its title while it is open.
    #page() {
      const title = clipped(this.getAttribute("title") ?? script.dataset.title ?? document.title, TITLE_MAX);
      const url = location.protocol.startsWith("http") ? location.href.split("#")[0] : "";
      const language = document.documentElement.lang;
      return { thread: this.thread, ...(title && { title }), ...(url && { url }), ...(language && { language }) };
    }

    // -- What is kept on this device --

    #identity() {
      const kept = recall("gatepost:me");
      return { ...(this.identity ?? kept), remember: this.ticked ?? Boolean(kept) };
    }

    #rememberIdentity({ author, email, website }, ticked) {
      this.identity = { author, email, website };
      this.ticked = ticked;
      remember("gatepost:me", ticked ? this.identity : null);
      for (const name of IDENTITY) this.#parts.form.elements[name].value ||= this.identity[name] ?? "";
    }

    get #ownKey() {
      return `gatepost:own:${this.site}:${this.thread}`;
    }

    #recalled() {
      const kept = recall(this.#ownKey);
      return (Array.isArray(kept) ? kept : this.#own).filter((comment) => Date.parse(comment.created_at) > Date.now() - OWN_KEPT_MS);
    }

    // Read again before each change: another tab may have posted meanwhile. What is public needs no copy.
    #keepOwn(change) {
      this.#own = change(this.#recalled()).filter((comment) => !this.#comments.has(comment.id));
      remember(this.#ownKey, this.#own);
    }
  }

  const pagePath = () => {
    const canonical = document.querySelector("link[rel~=canonical]")?.href;
    try {
      return new URL(canonical || location.href).pathname;
    } catch {
      return location.pathname;
    }
  };

  // ---- Looks ----

  // Colours grow out of the page's own text colour, so that the widget is light on light pages and dark on dark ones,
  // however the page decides that. A site owner may set the --gatepost-… colours below.
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
    [tabindex]:focus { outline: none; }
    article:focus-visible { outline: 2px solid var(--edge); outline-offset: .5em; border-radius: 1px; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
    a:hover { text-decoration-thickness: 2px; }

    header, .by, .actions, .sort, .remember { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .7em; }
    h2 { font-size: 1.4em; line-height: 1.25; font-weight: 650; }
    h3 { font-size: 1em; font-weight: 600; }
    .count, .soft, .hint, time, .sort { color: var(--soft); font-size: .9em; }
    .note { color: var(--soft); margin-block-start: .5em; }

    form { display: grid; gap: 1em; margin-block-start: 1.5em; }
    .field { display: grid; gap: .3em .6em; align-content: start; align-items: baseline; grid-template-columns: auto 1fr; }
    .field > :not(label, .hint) { grid-column: 1 / -1; }
    label { font-size: .9em; font-weight: 550; }
    .identity { display: grid; gap: 1em; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.2em), 1fr)); }
    input, textarea, select {
      font: inherit; font-size: max(16px, 1em); color: inherit; background: var(--field); inline-size: 100%;
      min-block-size: 2.6em; padding: .5em .7em; border: 1px solid var(--edge); border-radius: var(--radius);
    }
    textarea { resize: vertical; min-block-size: 7em; line-height: 1.5; field-sizing: content; max-block-size: 70vh; }
    option { color: CanvasText; background: Canvas; }
    :is(input, textarea):focus-visible { outline-offset: -1px; }
    [aria-invalid=true] { border-color: var(--error); box-shadow: inset 0 0 0 1px var(--error); }
    .error { color: var(--error); font-size: .9em; }
    .sort, .remember { align-items: center; gap: .5em; }
    .remember label, .sort label { font-size: .9em; font-weight: inherit; padding-block: .2em; }
    [type=checkbox] { inline-size: 1.5em; min-block-size: 1.5em; accent-color: var(--accent); }
    .message { padding: .6em .9em; border-inline-start: 3px solid var(--accent); background: var(--field); }
    .bad { border-color: var(--error); }

    .button { font: inherit; color: inherit; cursor: pointer; border: 0; border-radius: var(--radius); min-block-size: 1.75em; background: none; }
    .primary { background: var(--accent); padding: .6em 1.2em; font-weight: 600; }
    .primary span { color: var(--on-accent); }
    .primary:hover { background: color-mix(in oklab, var(--accent) 88%, currentColor); }
    [aria-disabled=true] { opacity: .7; }
    .quiet { padding: .15em .5em; margin-inline-start: -.5em; font-size: .9em; color: var(--soft); font-weight: 550; }
    form .quiet { margin: 0; }
    .button:not(.primary):hover { color: var(--accent); text-decoration: underline; }
    .more { display: block; margin: 1.75em auto 0; padding: .6em 1.2em; border: 1px solid var(--edge); }
    .sort { justify-content: flex-end; margin-block-start: 1.5em; }
    select { inline-size: auto; min-block-size: 2em; padding: .15em .4em; font-size: inherit; }

    ol { list-style: none; padding: 0; }
    section > ol { margin-block-start: 1.75em; }
    li { margin-block-start: 1.6em; }
    section > ol > li:first-child { margin-block-start: 0; }
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
    .waiting .avatar { background: var(--field); border: 1px dashed var(--edge); }
    .author { font-weight: 600; }
    .author a { color: inherit; padding-block: .2em; }
    .author, .body { min-inline-size: 0; overflow: clip; overflow-clip-margin: 4px; }
    .mark { border: 1px solid var(--edge); border-radius: 1em; padding: .05em .6em; font-size: .9em; font-weight: 550; }
    .waiting .mark { border-style: dashed; }
    .body { margin-block-start: .2em; line-height: 1.6; }
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

  // The element may still be further down a page that is being read.
  const insertIfAbsent = () => {
    if (document.querySelector("gatepost-comments")) return;
    const element = document.createElement("gatepost-comments");
    if (document.body.contains(script)) script.after(element);
    else document.body.append(element);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", insertIfAbsent);
  else insertIfAbsent();
})();
