// A <details data-menu> closes when one clicks or tabs away, or presses Escape (which gives the focus back).
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

// The current tab is brought into sight on a narrow screen.
for (const current of document.querySelectorAll("[data-review-bar] [aria-current], .tabs [aria-current]")) {
  const list = current.closest("ul");
  list.scrollLeft = current.offsetLeft - list.clientWidth / 2 + current.clientWidth / 2;
}
