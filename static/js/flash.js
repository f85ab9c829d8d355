// Messages in the live region: from the server (HX-Trigger: {"flash": {"message": "...", "level": "error"}}),
// and for requests that failed or never arrived.
const SHOWN_MS = 7000;
const region = document.querySelector("[data-flash]");

function dress(item) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "flash__close";
  close.setAttribute("aria-label", "Dismiss");
  close.textContent = "×";
  close.addEventListener("click", () => item.remove());
  item.append(close);
  // An error stays until it was read.
  if (!item.classList.contains("flash__message--error")) setTimeout(() => item.remove(), SHOWN_MS);
}

function show(message, level = "info") {
  for (const other of region.children) if (other.textContent.startsWith(message)) other.remove();
  const item = document.createElement("div");
  item.className = `flash__message flash__message--${level}`;
  const text = document.createElement("p");
  text.className = "flash__text";
  text.textContent = message;
  item.append(text);
  region.append(item);
  dress(item);
}

for (const item of region.children) dress(item);

// For screen readers only: what the page shows where it happened is not shown a second time.
const quiet = document.createElement("p");
quiet.className = "visually-hidden";
quiet.setAttribute("role", "status");
document.body.append(quiet);
document.addEventListener("perennial:say", (event) => {
  quiet.textContent = event.detail;
});

document.body.addEventListener("flash", (event) => {
  show(event.detail.message ?? event.detail.value, event.detail.level);
});
document.body.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 403) show("You do not have the right to do this in this review.", "error");
  else if (status === 404) show("This is no longer here. Reload the page.", "error");
  else if (status === 429) show("Too many requests at once. Wait a moment and try again.", "error");
  else show("The server could not do this. Nothing was changed; try again, or reload the page.", "error");
});
document.body.addEventListener("htmx:sendError", () => {
  show("No answer from the server. What you entered is still on this page; try again.", "error");
});

const showConnection = () => document.body.classList.toggle("is-offline", !navigator.onLine);
addEventListener("online", showConnection);
addEventListener("offline", showConnection);
showConnection();
