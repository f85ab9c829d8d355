// <form data-autosave hx-post="..." hx-swap="none" ...> is sent as one types, and says so in its [data-save-state].
// The server answers 204 (saved) or 422 (with the fragment to show); without script the form has its own button.
const QUIET_MS = 700;
const timers = new WeakMap();
const unsaved = new Set();
const saving = new Set();
let held = null; // a submit of another form, until all is saved

function say(form, state, words) {
  const place = form.querySelector("[data-save-state]");
  if (!place) return;
  place.dataset.state = state;
  place.textContent = words;
}

function send(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
  // What is typed while a request runs is sent after it: two requests never overtake each other.
  if (saving.has(form)) return;
  if (unsaved.has(form)) form.requestSubmit();
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-autosave]");
  if (!form) return;
  unsaved.add(form);
  say(form, "editing", "");
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => send(form), QUIET_MS));
});

// Leaving a field is a natural pause: save at once.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosave]");
  if (!form) return;
  unsaved.add(form);
  send(form);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest("form[data-autosave]");
  if (!form || event.detail.elt !== form) return;
  saving.add(form);
  unsaved.delete(form);
  say(form, "saving", "Saving");
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest("form[data-autosave]");
  if (!form || event.detail.elt !== form) return;
  saving.delete(form);
  // Not detail.successful: that is true of a 422 too, because its fragment may be swapped.
  const status = event.detail.xhr?.status ?? 0;
  if (status >= 200 && status < 300) {
    const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    say(form, "saved", `Saved at ${time}`);
  } else {
    unsaved.add(form);
    say(form, "failed", status === 422 ? "Not saved: see the marked field" : "Not saved yet: it is kept on this page");
    if (held) form.querySelector("input, select, textarea")?.focus();
    held = null;
    return;
  }
  if (unsaved.has(form)) send(form);
  else release();
});

function isWaiting() {
  for (const form of unsaved) if (!form.isConnected) unsaved.delete(form);
  for (const form of saving) if (!form.isConnected) saving.delete(form);
  return unsaved.size + saving.size > 0;
}

function release() {
  if (!held || isWaiting()) return;
  const { form, submitter } = held;
  held = null;
  form.requestSubmit(submitter);
}

// "Finish" must not overtake the last word: it waits until all is saved, and does not go where something is not.
addEventListener(
  "submit",
  (event) => {
    if (event.target.matches("form[data-autosave]") || !isWaiting()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = { form: event.target, submitter: event.submitter };
    for (const form of unsaved) send(form);
  },
  true,
);

addEventListener("online", () => {
  for (const form of unsaved) if (form.isConnected) send(form);
});
addEventListener("beforeunload", (event) => {
  if (isWaiting()) event.preventDefault();
});
