// Voting without waiting: the vote shows the next report at once, is sent behind it, and its answer brings the
// report after that. Votes are sent one after the other; a vote that is refused brings its report back.
const screen = document.querySelector("[data-screen]");
const form = document.querySelector("[data-vote-form]");
const GONE = new Set(["not_open", "already_voted", "not_retrieved"]);
let shownAt = performance.now();
let sending = Promise.resolve();
// Voted on here, not yet answered: the server may still offer them, and the page must not take them again.
const unsent = new Set();

const records = () => Array.from(screen.querySelectorAll("[data-record]"));
const held = () => [...records().map((record) => record.dataset.record), ...unsent];
const current = () => records().find((record) => !record.hidden);
const part = (name) => screen.querySelector(`[${name}]`);

function flash(message) {
  document.body.dispatchEvent(new CustomEvent("flash", { detail: { message, level: "error" } }));
}

function show(record) {
  for (const other of records()) other.hidden = other !== record;
  form.hidden = !record;
  part("data-waiting").hidden = Boolean(record) || Boolean(part("data-finished")) || unsent.size === 0;
  if (!record) return;
  part("data-finished")?.remove();
  form.elements.report.value = record.dataset.record;
  shownAt = performance.now();
  window.scrollTo({ top: 0 });
  record.querySelector("h1").focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("perennial:record", { detail: record }));
}

function clearNote() {
  const note = form.querySelector("[data-note]");
  note.querySelector("textarea").value = "";
  note.open = false;
  delete note.dataset.filled;
}

// Takes an answer apart: reports the page does not hold yet, the end, my progress.
function take(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const known = new Set(held());
  for (const record of answer.querySelectorAll("[data-record]")) {
    if (!known.has(record.dataset.record)) part("data-records").append(document.adoptNode(record));
  }
  const status = answer.querySelector("[data-screen-status]");
  if (status) part("data-screen-status").replaceWith(document.adoptNode(status));
  const finished = answer.querySelector("[data-finished]");
  if (finished && held().length === 0) part("data-records").append(document.adoptNode(finished));
  show(current() ?? records()[0]);
}

function bringBack(record, reason) {
  part("data-records").prepend(record);
  show(record);
  flash(reason);
}

async function refill() {
  const answer = await fetch(`${form.dataset.refill}?holding=${held().join(",")}`, { headers: { "HX-Request": "true" } });
  if (answer.ok) take(await answer.text());
}

async function send(data, record) {
  let answer;
  // What the page holds now, not when the key was pressed: answers may have arrived in between.
  data.set("holding", held().filter((id) => id !== record.dataset.record).join(","));
  try {
    answer = await fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true" } });
  } catch {
    unsent.delete(record.dataset.record);
    bringBack(record, "No answer from the server, so this vote is not in. Here is the report again.");
    return;
  }
  unsent.delete(record.dataset.record);
  if (answer.redirected) {
    location.reload();
    return;
  }
  const html = await answer.text();
  if (answer.ok) {
    take(html);
    return;
  }
  const refused = new DOMParser().parseFromString(html, "text/html").querySelector("[data-refused]");
  const reason = refused?.textContent.trim() ?? "The server could not take this vote. Here is the report again.";
  if (refused && GONE.has(refused.dataset.refused)) {
    flash(reason);
    await refill();
  } else {
    bringBack(record, reason);
  }
}

function vote(event) {
  event.preventDefault();
  const record = current();
  if (!record || !event.submitter) return;
  const data = new FormData(form, event.submitter);
  data.set("report", record.dataset.record);
  data.set("seconds", String(Math.round((performance.now() - shownAt) / 1000)));
  clearNote();
  const next = records().find((other) => other !== record);
  record.remove();
  unsent.add(record.dataset.record);
  show(next);
  sending = sending.then(() => send(data, record));
}

if (screen && form) {
  form.addEventListener("submit", vote);
  form.querySelector("[data-to-reasons]")?.addEventListener("click", () => {
    form.querySelector("[data-reasons] button")?.focus();
  });
  const note = form.querySelector("[data-note]");
  note.addEventListener("toggle", () => {
    if (note.open) note.querySelector("textarea").focus();
  });
  note.addEventListener("input", (event) => {
    note.toggleAttribute("data-filled", event.target.value.trim() !== "");
  });
  note.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    note.open = false;
    note.querySelector("summary").focus();
  });
  // An undo must not overtake the vote that it means.
  screen.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-undo]") || unsent.size === 0) return;
    event.preventDefault();
    sending = sending.then(() => screen.querySelector("[data-undo]")?.submit());
  });
  addEventListener("beforeunload", (event) => {
    if (unsent.size > 0) event.preventDefault();
  });
}
