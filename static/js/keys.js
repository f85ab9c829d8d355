// The keyboard: data-key="i" clicks its element; "g" then a letter goes to a tab (data-go); "/" focuses
// [data-search]; "j" and "k" move in [data-list]; "?" shows the keys of this page. Nothing acts while typing.
const GO_MS = 1500;
let goUntil = 0;

const isTyping = (target) =>
  target.isContentEditable ||
  (target.matches("input, select, textarea") && !target.matches('[type="checkbox"], [type="button"], [type="submit"]'));

const isShown = (element) => element.getClientRects().length > 0 && !element.disabled;

// An open modal dialog holds the keyboard: only what is inside it may act.
function scope() {
  return document.querySelector("dialog:modal") ?? document;
}

function findKey(attribute, key) {
  const found = scope().querySelectorAll(`[${attribute}="${CSS.escape(key)}"]`);
  return Array.from(found).find(isShown);
}

function move(step) {
  const list = scope().querySelector("[data-list]");
  if (!list) return false;
  const rows = Array.from(list.children).filter(isShown);
  if (rows.length === 0) return false;
  const at = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  for (const row of rows) row.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  const target = next.querySelector("a[href], button:not([disabled]), input") ?? next;
  if (target === next && !next.hasAttribute("tabindex")) next.tabIndex = -1;
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function nameOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("kbd, svg, .review-bar__waiting")) part.remove();
  return (element.getAttribute("aria-label") ?? copy.textContent).trim().replace(/\s+/g, " ");
}

function fillHelp(list) {
  list.replaceChildren();
  const add = (keys, words) => {
    const term = document.createElement("dt");
    for (const key of keys) {
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd, " ");
    }
    const description = document.createElement("dd");
    description.textContent = words;
    list.append(term, description);
  };
  for (const element of document.querySelectorAll("[data-key]")) {
    if (isShown(element)) add([element.dataset.key], nameOf(element));
  }
  if (document.querySelector("[data-list]")) {
    add(["j"], "Next in the list");
    add(["k"], "Previous in the list");
  }
  if (document.querySelector("[data-search]")) add(["/"], "Search");
  for (const tab of document.querySelectorAll("[data-go]")) add(["g", tab.dataset.go], nameOf(tab));
  add(["?"], "Show these keys");
}

function showHelp() {
  const list = document.querySelector("[data-keys-list]");
  if (!list || document.querySelector("dialog:modal")) return;
  fillHelp(list);
  list.closest("dialog").showModal();
}

function act(key) {
  if (performance.now() < goUntil) {
    goUntil = 0;
    const tab = findKey("data-go", key);
    tab?.click();
    return Boolean(tab);
  }
  const bound = findKey("data-key", key);
  if (bound) {
    bound.click();
    return true;
  }
  if (key === "?") return showHelp() ?? true;
  if (key === "g") {
    goUntil = performance.now() + GO_MS;
    return true;
  }
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "/") {
    const search = scope().querySelector("[data-search]");
    search?.focus();
    return Boolean(search);
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "Enter" || event.key === " " || event.key === "Escape" || event.key === "Tab") return;
  if (act(event.key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-help]")) showHelp();
});
