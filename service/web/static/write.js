// Lets the readers of a page write: makes a form of a box to write in, sends what was written, and looks after an
// author's own comments. The other half of embed.js, which loads it when somebody begins to write.

const FIELDS = {
  body: { max: 5000, required: true },
  author: { max: 80, required: true, autocomplete: "name" },
  email: { max: 254, type: "email", autocomplete: "email" },
  website: { max: 2048, type: "url", autocomplete: "url" },
};
const IDENTITY = ["author", "email", "website"];
const TITLE_MAX = 300;
// From here on it is said how many characters are left.
const NEARLY_FULL = 0.9;
// After a month without approval a moderator has said no; the author's own copy need not say "waiting" for ever.
const OWN_KEPT_MS = 30 * 86_400_000;
// What may go wrong with one's own comment once it is too late to change it.
const TOO_LATE = ["unauthorized", "forbidden", "conflict", "not-found"];
// Each button's word, what it shows, and what it puts around the words that are chosen.
const MARKDOWN = [
  ["tool-bold", "B", "**", "**"],
  ["tool-italic", "I", "_", "_"],
  ["tool-link", "↗", "[", "](https://)"],
  ["tool-quote", "❝", "> ", ""],
  ["tool-code", "‹›", "`", "`"],
];

// As with `recall`, a browser may refuse.
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

// Tells one text from another after a reload, without keeping a name or an address that nobody asked us to remember.
const digest = (text) => {
  let sum = 0x811c9dc5;
  for (const letter of text) sum = Math.imul(sum ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return sum;
};

// ---- Fields ----

let made = 0;

class Field {
  // `label` and `input` are given where they stand on the page already.
  constructor({ draw, knows }, say, name, { row, input, value }) {
    const { max, required, type, autocomplete } = FIELDS[name];
    const id = input?.id ?? `made-${++made}`;
    Object.assign(this, { say, name, max, type, required });
    this.hint = knows(`${name}-hint`) ? draw("span", { class: "hint", id: `${id}-hint` }, say(`${name}-hint`)) : null;
    this.error = draw("p", { class: "error", id: `${id}-error`, hidden: true });
    this.input = input ?? draw("input", { id, name, type, autocomplete, dir: "auto", maxlength: max });
    this.input.required = Boolean(required);
    if (value) this.input.value = value;
    if (row) this.input.before(...[this.hint].filter(Boolean));
    this.row = row ?? draw("div", { class: "field" }, draw("label", { for: id }, say(name)), this.hint, this.input);
    this.row.append(this.error);
    this.mark("");
    this.input.addEventListener("input", () => this.mark(""));
  }

  get text() {
    return this.input.value.trim();
  }

  // A text box does not cut what is pasted, so that nothing is lost without a word.
  wrong() {
    const { say, text, max } = this;
    if (this.required && !text) return this.name === "email" ? say("wrong-email-needed") : say(`wrong-${this.name}`);
    if (length(text) > max) return say("wrong-length", { n: length(text), max });
    return this.type === "email" && text && this.input.validity.typeMismatch ? say("wrong-email") : "";
  }

  // What is optional elsewhere is needed here.
  need() {
    this.input.required = this.required = true;
    this.hint.textContent = this.say(`${this.name}-needed`);
  }

  mark(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
    const described = [message && this.error.id, this.hint?.id].filter(Boolean).join(" ");
    if (described) this.input.setAttribute("aria-describedby", described);
    else this.input.removeAttribute("aria-describedby");
    this.input.setAttribute("aria-invalid", Boolean(message));
  }
}

// ---- Markdown ----

const insert = (box, before, after) => {
  const { selectionStart: start, selectionEnd: end, value } = box;
  const chosen = value.slice(start, end);
  box.focus();
  // The browser's own command, so that it can be undone like typing.
  if (!document.execCommand("insertText", false, before + chosen + after)) box.setRangeText(before + chosen + after);
  const place = start + before.length;
  box.setSelectionRange(place, place + chosen.length);
};

// One stop for the Tab key; the arrows go from button to button.
const toolbar = ({ draw, button }, say, box, preview) => {
  const tools = MARKDOWN.map(([word, sign, before, after]) =>
    button(sign, () => insert(box, before, after), { class: "button tool", "aria-label": say(word), title: say(word) }));
  const all = [...tools, preview];
  const enter = (index) => all.forEach((one, at) => (one.tabIndex = at === index ? 0 : -1));
  enter(0);
  const bar = draw("div", { class: "tools", role: "toolbar", "aria-label": say("tools") }, ...all);
  bar.addEventListener("keydown", (event) => {
    const at = all.indexOf(event.target);
    const forwards = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backwards = forwards === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const to = { [forwards]: at + 1, [backwards]: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = (to + all.length) % all.length;
    enter(next);
    all[next].focus();
  });
  return bar;
};

// ---- Forms ----

// A form for a new comment, a reply or a change. `send` gets what was written, and returns what to tell the author, or
// throws a problem; the text stays until it is known to have arrived.
class Form {
  #writer;
  #fields;
  #remembering;
  #left;
  #preview;
  #submit;
  #busy = false;

  constructor(writer, box, { names, values, label, send, changed }) {
    const { draw, button } = writer.tools;
    const { say } = writer;
    Object.assign(this, { box, label, send, changed });
    this.#writer = writer;
    this.#fields = names.map((name) =>
      new Field(writer.tools, say, name, name === "body" ? { row: box.row, input: box.body } : { value: values[name] }));
    const identity = this.#fields.slice(1);
    this.#remembering = identity.length ? this.#tick(say("remember"), values.remember) : null;
    this.#left = draw("p", { class: "left soft", hidden: true });
    this.#preview = draw("div", { class: "body preview", dir: "auto", hidden: true });
    this.#submit = draw("button", { type: "submit", class: "button primary" }, draw("span", {}, label));
    const preview = button(say("preview"), () => this.#show(), { class: "button tool", "aria-expanded": "false" });
    this.previewButton = preview;
    box.row.classList.add("writing");
    box.body.before(toolbar(writer.tools, say, box.body, preview));
    box.row.append(this.#left, this.#preview);
    box.message.before(...[
      identity.length && draw("div", { class: "identity" }, ...identity.map((field) => field.row)),
      this.#remembering?.row,
      draw("div", { class: "actions" }, this.#submit, box.close && button(say("cancel"), box.close)),
    ].filter(Boolean));
    box.form.addEventListener("submit", () => this.#sent());
    box.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) box.form.requestSubmit();
    });
    box.form.addEventListener("input", () => {
      box.message.hidden = true;
      this.#count();
    });
    box.body.addEventListener("input", () => {
      this.#hidePreview();
      changed?.(box.body.value);
    });
    this.#count();
  }

  // What the site's policy wants of this form; known a moment after it was opened.
  follow({ email, website, body_max, consent }) {
    for (const field of this.#fields) {
      if (field.name === "body" && body_max) field.max = body_max;
      if (field.name === "email" && email === "required") field.need();
      if (field.name === "website" && website === "off") field.row.remove();
    }
    if (consent && this.#remembering && !this.consent) {
      this.consent = this.#tick(consent, false);
      this.#remembering.row.after(this.consent.row);
    }
    this.#count();
  }

  // Fill what is still empty.
  fill(values) {
    for (const field of this.#fields.slice(1)) field.input.value ||= values[field.name] ?? "";
  }

  #tick(label, ticked) {
    const { draw } = this.#writer.tools;
    const box = draw("input", { type: "checkbox", id: `made-${++made}` });
    box.checked = ticked;
    return { box, row: draw("div", { class: "remember" }, box, draw("label", { for: box.id }, label)) };
  }

  #count() {
    const [{ text, max }] = this.#fields;
    // A text has at most as many characters as code units; counting is for those that are nearly full.
    const left = text.length < max * NEARLY_FULL ? max : max - length(text);
    this.#left.hidden = left > max * (1 - NEARLY_FULL) || left < 0;
    this.#left.textContent = this.#left.hidden ? "" : this.#writer.say("left", { n: left });
  }

  async #show() {
    if (!this.#preview.hidden) return this.#hidePreview();
    const { say, tools } = this.#writer;
    const body = this.#fields[0].text;
    if (!body) return this.#tell(say("preview-empty"), true);
    try {
      const { html } = await this.#writer.call("/preview", { method: "POST", body: { body } });
      tools.showHtml(this.#preview, html);
      this.#preview.hidden = false;
      this.previewButton.setAttribute("aria-expanded", "true");
    } catch (problem) {
      if (!problem.kind) throw problem;
      this.#tell(this.#writer.sentence(problem));
    }
  }

  #hidePreview() {
    this.#preview.hidden = true;
    this.previewButton.setAttribute("aria-expanded", "false");
  }

  #tell(text, good) {
    const { message } = this.box;
    message.textContent = text;
    message.hidden = !text;
    message.classList.toggle("bad", !good);
    this.#writer.thread.announce(text);
  }

  #showErrors(problem) {
    const details = new Map(problem.errors.map((wrong) => [wrong.field, wrong.detail]));
    for (const field of this.#fields) field.mark(details.get(field.name) ?? "");
    this.#tell(this.#writer.sentence(problem));
    this.#fields.find((field) => details.has(field.name))?.input.focus();
  }

  #setBusy(busy) {
    this.#busy = busy;
    this.#submit.setAttribute("aria-disabled", busy);
    this.#submit.firstElementChild.textContent = busy ? this.#writer.say("sending") : this.label;
  }

  async #sent() {
    const { say, tools } = this.#writer;
    if (this.#busy) return;
    const errors = this.#fields.map((field) => ({ field: field.name, detail: field.wrong() })).filter((wrong) => wrong.detail);
    if (errors.length) return this.#showErrors(tools.problem("invalid", { errors }));
    if (this.consent && !this.consent.box.checked) {
      this.#tell(say("wrong-consent"));
      return this.consent.box.focus();
    }
    this.#setBusy(true);
    try {
      const entries = this.#fields.map((field) => [field.name, field.text]).filter(([, value]) => value);
      const written = Object.fromEntries(entries);
      if (this.consent?.box.checked) written.consent = true;
      const told = await this.send(written, this.#remembering?.box.checked);
      this.box.body.value = "";
      this.#hidePreview();
      this.#count();
      this.#tell(told, true);
    } catch (problem) {
      if (!problem.kind) throw problem;
      // What the server says of a field follows on its name: "Comment is …".
      for (const wrong of problem.errors) if (FIELDS[wrong.field]) wrong.detail = `${say(wrong.field)} ${wrong.detail}`;
      this.#showErrors(problem);
    } finally {
      this.#setBusy(false);
    }
  }
}

// ---- One thread's writer ----

class Writer {
  // By parent: a request whose answer never came, to be sent again exactly as it was.
  #unanswered = new Map();
  // What the server said when somebody began to write, and the words that they have been warned of.
  #begun;
  #warned = null;
  #forms = [];
  #identity = null;
  #ticked;
  // The author's own comments that are not public yet.
  #own = [];

  constructor(thread, tools) {
    Object.assign(this, { thread, tools, say: (key, values) => thread.say(key, values) });
    tools.root.adoptedStyleSheets = [tools.root.adoptedStyleSheets[0], styles];
    thread.mine = this;
    this.#own = this.#recalled();
    if (thread.count === undefined) return;
    this.tidy();
    thread.arrange();
    this.settle();
  }

  complete(box, comment, editing) {
    const { say } = this;
    const parent = comment?.id ?? null;
    // Asked once; without an answer a comment goes out all the same.
    this.#begun ??= this.call("/form").catch(() => null);
    const form = new Form(this, box, editing
      ? { names: ["body"], values: {}, label: say("send-edit"), send: ({ body }) => this.#change(comment, body) }
      : {
        names: ["body", ...IDENTITY],
        values: this.#known(),
        label: comment ? say("send-reply") : say("send"),
        send: (written, ticked) => this.#post(written, ticked, parent),
        changed: (body) => this.#keepDraft(parent, body),
      });
    this.#forms.push(form);
    if (!editing) this.#keepDraft(parent, box.body.value);
    this.#begun.then((wanted) => wanted && form.follow(wanted));
  }

  call(path, { key, token, body, ...request } = {}) {
    const headers = {};
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    if (token) headers["Authorization"] = `Bearer ${token}`;
    return this.thread.call(path, { ...request, headers, body: body && JSON.stringify(body) });
  }

  sentence({ kind, errors, headers, words }) {
    const { say } = this;
    const seconds = Number(headers?.get("Retry-After")) || 60;
    const other = errors.find((wrong) => !FIELDS[wrong.field]);
    if (other) return `${say("problem")} (${other.field}: ${other.detail})`;
    const key = `problem-${kind}`;
    return say(this.tools.knows(key) ? key : "problem", { n: kind === "too-fast" ? seconds : errors.length, words });
  }

  // -- New comments --

  async #post(written, ticked, parent) {
    const { thread } = this;
    this.#rememberIdentity(written, ticked);
    const fields = JSON.stringify(written);
    const { form_token, warn } = (await this.#begun) ?? {};
    if (warn && this.#warned !== fields) await this.#warn(written.body, fields);
    const request = this.#request(parent, written, fields, form_token);
    let answer;
    try {
      answer = await this.#write("/comments", { method: "POST", ...request });
    } catch (problem) {
      // A key that cannot be used again is replaced with the next attempt.
      if (problem.errors?.some((wrong) => wrong.field === "Idempotency-Key")) this.#forget(parent, written.body);
      throw problem;
    }
    this.#forget(parent, "");
    const { author, body } = written;
    const comment = { ...answer, author, body, parent_id: parent, created_at: new Date().toISOString() };
    this.#keepOwn((own) => [...own, comment]);
    thread.arrange();
    if (parent) thread.finish(parent, comment.id);
    thread.emit("posted", { id: answer.id, status: answer.status, parent_id: parent });
    return this.say(`posted-${answer.status}`);
  }

  // The same words go out again under the same key, also after a reload, so that a retry never makes a second comment.
  #request(parent, written, fields, form_token) {
    const before = this.#unanswered.get(parent);
    if (before?.fields === fields) return before;
    const mark = digest(fields);
    const draft = this.tools.recall(this.thread.draftKey(parent));
    const key = draft?.mark === mark ? draft.key : newKey();
    const body = { ...this.#page(), ...written, ...(form_token && { form_token }), ...(parent && { parent_id: parent }) };
    const request = { fields, key, body };
    this.#unanswered.set(parent, request);
    remember(this.thread.draftKey(parent), { body: written.body, key, mark });
    return request;
  }

  #forget(parent, body) {
    this.#unanswered.delete(parent);
    remember(this.thread.draftKey(parent), body ? { body } : null);
  }

  // The text alone is kept, and nobody's name or address.
  #keepDraft(parent, body) {
    const { tools, thread } = this;
    const before = tools.recall(thread.draftKey(parent));
    if (before || body) remember(thread.draftKey(parent), body ? { ...before, body } : null);
  }

  async #warn(body, fields) {
    const { warnings = [] } = await this.call("/preview", { method: "POST", body: { body } }).catch(() => ({}));
    this.#warned = fields;
    const words = warnings.flatMap((found) => found.words).map((word) => `“${word}”`).join(", ");
    if (words) throw this.tools.problem("warned", { words });
  }

  // Which page this is, as it is now: a page may change its title while it is open.
  #page() {
    const { thread } = this;
    const title = clipped(thread.option("title") ?? document.title, TITLE_MAX);
    const language = document.documentElement.lang;
    const url = location.protocol.startsWith("http") && location.href.split("#")[0];
    return { ...(url && { url }), ...thread.place, ...(title && { title }), ...(language && { language }) };
  }

  // -- One's own comments --

  // What stands with an author's own comment while it is not public, and the buttons for it.
  about(comment) {
    const { say, thread, tools: { draw, button } } = this;
    const soft = (...words) => draw("p", { class: "soft" }, ...words);
    if (comment.status === "rejected") return { note: soft(say("own-rejected")) };
    if (comment.status === "deleted") return { note: soft(say("own-deleted")) };
    const note = comment.status === "pending" && soft(draw("span", { class: "mark" }, say("waiting")), ` ${say("waiting-who")}`);
    if (!(Date.parse(comment.edit_until) > Date.now())) return { note };
    const edit = button(say("edit"), () => thread.openBox(comment, edit, true));
    const remove = button(say("delete"), () => this.#remove(comment, remove));
    return { note, actions: draw("div", { class: "actions" }, edit, remove) };
  }

  // All comments in their order: an author's own stand before the others, and own replies after.
  among(known) {
    const own = this.#own.filter((comment) => !this.thread.isPublic(comment.id));
    return [...own.filter((comment) => !comment.parent_id), ...known, ...own.filter((comment) => comment.parent_id)];
  }

  // Of these public comments those by others; what is the author's own changes where it stands.
  without(comments) {
    const published = new Map(comments.map((comment) => [comment.id, comment]));
    const own = new Set(this.#own.map((comment) => comment.id));
    this.#own = this.#own.map((comment) => published.get(comment.id) ?? comment);
    const others = comments.filter((comment) => !own.has(comment.id));
    if (others.length < comments.length) this.thread.arrange();
    return others;
  }

  tidy() {
    if (this.#own.some((comment) => this.thread.isPublic(comment.id))) this.#keepOwn((own) => own);
  }

  #recalled() {
    const kept = this.tools.recall(this.thread.ownKey);
    const all = Array.isArray(kept) ? kept : this.#own;
    return all.filter((comment) => Date.parse(comment.created_at) > Date.now() - OWN_KEPT_MS);
  }

  // Read again before each change: another tab may have posted meanwhile. What is public needs no copy.
  #keepOwn(change) {
    const { thread } = this;
    this.#own = change(this.#recalled()).filter((comment) => !thread.isPublic(comment.id));
    remember(thread.ownKey, this.#own.length ? this.#own : null);
  }

  async #change(comment, body) {
    const { thread } = this;
    const answer = await this.#write(`/comments/${comment.id}`, { method: "PATCH", body: { body }, token: comment.edit_token });
    this.#keepOwn((own) => own.map((kept) => (kept.id === comment.id ? { ...kept, ...answer, body } : kept)));
    thread.arrange();
    thread.finish(comment.id, comment.id);
    return this.say("changed");
  }

  // Pressed once it asks, pressed twice it deletes.
  async #remove(comment, button) {
    const { say, thread, tools } = this;
    if (!this.#sure(button, "delete")) return;
    try {
      await this.#write(`/comments/${comment.id}`, { method: "DELETE", token: comment.edit_token });
    } catch (problem) {
      if (!problem.kind) throw problem;
      button.parentNode.replaceChildren(tools.draw("p", { class: "message bad" }, this.sentence(problem)));
      return thread.announce(this.sentence(problem));
    }
    this.#keepOwn((own) => own.filter((kept) => kept.id !== comment.id));
    thread.arrange();
    thread.announce(say("deleted"));
    tools.root.querySelector("ol").focus({ preventScroll: true });
  }

  // Ask what became of the author's waiting comments. It is told once, and stays until the page is left.
  async settle() {
    const { thread } = this;
    for (const comment of this.#own) {
      if (comment.status !== "pending") continue;
      const now = await this.call(`/comments/${comment.id}`, { token: comment.edit_token })
        .catch((problem) => (problem.status === 404 ? { status: "deleted" } : null));
      if (!now || now.status === "pending") continue;
      this.#own = this.#own.map((kept) => (kept.id === comment.id ? { ...kept, ...now } : kept));
      remember(thread.ownKey, this.#recalled().filter((kept) => kept.id !== comment.id));
      thread.arrange();
    }
  }

  async #write(path, request) {
    try {
      return await this.call(path, request);
    } catch (problem) {
      this.thread.failed(problem);
      // A browser does not let a page see that its origin was refused; its owner should think of it.
      if (problem.kind === "network") console.warn(`Gatepost: is ${location.origin} an origin of the site?`);
      if (request.token && TOO_LATE.includes(problem.kind)) problem.kind = "unchangeable";
      throw problem;
    }
  }

  // -- What readers think of a comment --

  // Shown at once, and taken back if the server says no; remembered on this device alone.
  async vote(comment, button) {
    const { say, thread, tools } = this;
    const voted = () => tools.recall(thread.votesKey) ?? [];
    const keep = (on) => remember(thread.votesKey, [...voted().filter((id) => id !== comment.id), ...(on ? [comment.id] : [])]);
    const show = (on, votes) => {
      comment.votes = votes;
      button.textContent = `${say("vote")} ${votes || ""}`;
      button.setAttribute("aria-pressed", on);
    };
    const before = comment.votes;
    const on = !voted().includes(comment.id);
    show(on, before + (on ? 1 : -1));
    keep(on);
    try {
      const { votes } = await this.#write(`/comments/${comment.id}/vote`, { method: "PUT", body: { value: Number(on) } });
      show(on, votes);
    } catch (problem) {
      if (!problem.kind) throw problem;
      show(!on, before);
      keep(!on);
      thread.announce(say("not-counted"));
    }
  }

  // Pressed once it asks, pressed twice a moderator hears of it.
  async report(comment, button) {
    const { say, thread, tools } = this;
    if (!this.#sure(button, "report")) return;
    try {
      await this.#write(`/comments/${comment.id}/report`, { method: "POST", body: {} });
      const thanks = tools.draw("span", { class: "soft", tabindex: "-1" }, say("reported"));
      button.replaceWith(thanks);
      thanks.focus();
      thread.announce(say("reported"));
    } catch (problem) {
      if (!problem.kind) throw problem;
      thread.announce(say("not-counted"));
    }
  }

  // Tell whether this is the second time in a row that a button is pressed; after the first it asks.
  #sure(button, key) {
    const question = this.say(`${key}-sure`);
    if (button.textContent === question) return true;
    button.textContent = question;
    this.thread.announce(question);
    button.addEventListener("blur", () => (button.textContent = this.say(key)), { once: true });
    return false;
  }

  // -- What is known of the author --

  #known() {
    const kept = this.tools.recall("gatepost:me");
    return { ...(this.#identity ?? kept), remember: this.#ticked ?? Boolean(kept) };
  }

  #rememberIdentity({ author, email, website }, ticked) {
    this.#identity = { author, email, website };
    this.#ticked = ticked;
    remember("gatepost:me", ticked ? this.#identity : null);
    for (const form of this.#forms) form.fill(this.#identity);
  }
}

// ---- Looks ----

const styles = new CSSStyleSheet();
styles.replaceSync(`
  .identity { display: grid; gap: 1em; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.2em), 1fr)); }
  textarea { field-sizing: content; max-block-size: 70vh; }
  .remember { display: flex; flex-wrap: wrap; align-items: center; gap: .5em; }
  .remember label { font-weight: inherit; padding-block: .2em; }
  [type=checkbox] { inline-size: 1.5em; min-block-size: 1.5em; accent-color: var(--accent); }
  [aria-invalid=true] { border-color: var(--error); box-shadow: inset 0 0 0 1px var(--error); }
  .error { color: var(--error); font-size: .9em; }
  .primary:hover { background: color-mix(in oklab, var(--accent) 88%, currentColor); }
  [aria-disabled=true] { opacity: .7; }
  form .quiet { margin: 0; }
  .writing { grid-template-columns: auto 1fr auto; }
  .writing > .tools { grid-column: 3; display: flex; flex-wrap: wrap; justify-content: flex-end; gap: .1em; }
  .tool { min-inline-size: 1.9em; padding: 0 .4em; font-size: .9em; color: var(--soft); }
  .tool:first-child { font-weight: 700; }
  .tool:nth-child(2) { font-style: italic; }
  .left { text-align: end; }
  .waiting .avatar { background: var(--field); border: 1px dashed var(--edge); }
  .waiting .mark { border-style: dashed; }
  .preview { padding: .6em .9em; border: 1px dashed var(--edge); border-radius: var(--radius); }
  @container (inline-size < 30em) {
    .writing > .tools { grid-column: 1 / -1; justify-content: flex-start; margin-inline-start: -.4em; }
  }
`);

export const writer = (thread, tools) => new Writer(thread, tools);
