// Makes the queue fast: one key a decision, the next comment at once, and undo. Without it the page's forms do the same.

const queue = document.getElementById("queue");
const notice = document.getElementById("notice");
const said = document.getElementById("said");
const undoForm = document.getElementById("undo");
const signIn = document.getElementById("again");
const empty = document.getElementById("empty");
const keys = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");

const API = `/api/v1/sites/${queue.dataset.site}/decisions`;
const KEYS_OFF = "gatepost-keys-off";
const DONE = { approve: "Approved", reject: "Rejected", spam: "Marked as spam", delete: "Deleted", restore: "Put back to wait" };
const LEADS_TO = { approve: "approved", reject: "rejected", spam: "spam", delete: "deleted", restore: "pending" };
const BY_KEY = { a: "approve", r: "reject", s: "spam" };

// Decisions of this page that can be undone, the last one at the end.
const done = [];
// Requests go out one after another, so that an undo never overtakes its decision.
let line = Promise.resolve();
let waiting = 0;
let current = null;
let entered = false;

const rows = () => [...queue.querySelectorAll("article:not([hidden])")];
const nameOf = (row) => row.querySelector(".author").textContent;

function point(row, focus = true) {
  current?.removeAttribute("aria-current");
  current = row;
  if (!row) return;
  row.setAttribute("aria-current", "true");
  if (focus) row.focus();
}

function move(step) {
  const all = rows();
  const at = all.indexOf(current);
  // The first press enters the list where the mark is; later ones move it.
  const next = at < 0 ? all[0] : entered ? all[at + step] : current;
  entered = true;
  if (next) point(next);
}

function say(words, { undo = false, signedOut = false } = {}) {
  said.textContent = words;
  undoForm.hidden = !undo;
  signIn.hidden = !signedOut;
  notice.dataset.shown = "yes";
}

function count(status, by) {
  const place = document.querySelector(`[data-count="${status}"]`);
  if (!place) return;
  const number = Math.max(0, Number(place.textContent.replaceAll(",", "")) + by);
  place.textContent = number.toLocaleString("en");
  if (status === "pending") place.toggleAttribute("data-some", number > 0);
}

function takeAway(row) {
  const all = rows();
  const at = all.indexOf(row);
  row.hidden = true;
  empty.hidden = all.length > 1;
  if (row !== current && current) return;
  const next = all[at + 1] ?? all[at - 1] ?? null;
  point(next);
  if (!next) empty.focus();
}

function putBack(row) {
  row.hidden = false;
  empty.hidden = true;
  point(row);
}

// Every failure of a request becomes one sentence for the moderator.
class Failure extends Error {
  constructor(words, signedOut = false) {
    super(words);
    this.signedOut = signedOut;
  }
}

async function send(address, content) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": queue.dataset.csrf },
      body: JSON.stringify(content),
    });
  } catch {
    throw new Failure("The server cannot be reached, so nothing was changed. Try again in a moment.");
  }
  if (answer.ok) return answer.json();
  if (answer.status === 401) throw new Failure("You have been signed out, so nothing was changed.", true);
  const problem = await answer.json().catch(() => ({}));
  throw new Failure(`Nothing was changed: ${problem.detail ?? `the server answered ${answer.status}`}.`);
}

function next(work) {
  waiting += 1;
  line = line.then(work).then(() => {
    waiting -= 1;
    goOn();
  });
}

function decide(row, action, reason) {
  const name = nameOf(row);
  takeAway(row);
  next(async () => {
    try {
      const { id, version } = row.dataset;
      const seen = { ids: [id], versions: { [id]: Number(version) } };
      const { batch, decided, skipped } = await send(API, { ...seen, action, ...(reason && { reason }) });
      if (decided.length) {
        count(queue.dataset.status, -1);
        count(LEADS_TO[action], 1);
        done.push({ row, batch, action });
        say(`${DONE[action]}: the comment by ${name}.`, { undo: true });
      } else {
        const [{ detail, status }] = skipped;
        if (status !== queue.dataset.status) count(queue.dataset.status, -1);
        say(`Left alone the comment by ${name}: ${detail}.`, { undo: done.length > 0 });
      }
    } catch (failure) {
      putBack(row);
      say(failure.message, { signedOut: failure.signedOut, undo: false });
    }
  });
}

// When a page is done and there are more, get them; the address keeps the last decision, so that it can still be undone.
function goOn() {
  if (waiting || rows().length || !("more" in queue.dataset)) return;
  const address = new URL(queue.dataset.start, location.href);
  if (done.length) address.searchParams.set("batch", done.at(-1).batch);
  location.assign(address);
}

function undo() {
  next(async () => {
    const last = done.at(-1);
    if (!last) {
      // The decision was made on the page before this one: the form knows its batch.
      if (undoForm.elements.batch.value) undoForm.submit();
      else say("There is nothing to undo.");
      return;
    }
    try {
      const { decided, skipped } = await send(`${API}/${last.batch}/undo`, {});
      done.pop();
      if (!decided.length) {
        say(`Left alone the comment by ${nameOf(last.row)}: ${skipped[0]?.detail ?? "it has changed since"}.`);
        return;
      }
      count(LEADS_TO[last.action], -1);
      count(queue.dataset.status, 1);
      // The decision and its undo were two changes.
      last.row.dataset.version = Number(last.row.dataset.version) + 2;
      putBack(last.row);
      say(`Brought back the comment by ${nameOf(last.row)}.`, { undo: done.length > 0 });
    } catch (failure) {
      say(failure.message, { signedOut: failure.signedOut, undo: !failure.signedOut });
    }
  });
}

function press(key) {
  if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "z") undo();
  else if (key === "?") keys.showModal();
  else if (key in BY_KEY) {
    const button = current?.querySelector(`button[value="${BY_KEY[key]}"]`);
    if (button) button.form.requestSubmit(button);
  } else return false;
  return true;
}

const remembered = {
  get off() {
    try {
      return localStorage.getItem(KEYS_OFF) === "yes";
    } catch {
      return false;
    }
  },
  set off(value) {
    try {
      localStorage.setItem(KEYS_OFF, value ? "yes" : "no");
    } catch {
      // A browser that keeps nothing still has its keys, for this page.
    }
  },
};

queue.addEventListener("submit", (event) => {
  event.preventDefault();
  const row = event.target.closest("article");
  if (!row.hidden) decide(row, event.submitter.value, event.target.elements.reason.value.trim());
});
queue.addEventListener("focusin", (event) => {
  const row = event.target.closest("article");
  if (!row) return;
  entered = true;
  if (row !== current) point(row, false);
});
undoForm.addEventListener("submit", (event) => {
  if (!done.length) return;
  event.preventDefault();
  undo();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (keys.open || event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (!keysOn.checked && event.key !== "?") return;
  if (press(event.key)) event.preventDefault();
});
window.addEventListener("beforeunload", (event) => {
  // Decisions that have not been sent yet would be lost.
  if (waiting) event.preventDefault();
});
keysOn.checked = !remembered.off;
keysOn.addEventListener("change", () => {
  remembered.off = !keysOn.checked;
});
document.getElementById("hide-keys").addEventListener("click", () => keys.close());
const showKeys = document.getElementById("show-keys");
showKeys.addEventListener("click", () => keys.showModal());
showKeys.hidden = false;

point(rows()[0] ?? null, false);
