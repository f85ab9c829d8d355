// Opens <dialog id="x"> from [data-dialog="x"], closes it from [data-dialog-close] or a click beside it.
// After a swap, a dialog marked data-dialog-open opens by itself (a form that came back with errors).
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    document.getElementById(opener.dataset.dialog)?.showModal();
    return;
  }
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  const box = dialog.getBoundingClientRect();
  // A keyboard's click on a button has no coordinates (0, 0); only a pointer can be beside the box.
  const beside =
    event.target === dialog &&
    event.detail > 0 &&
    (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom);
  if (beside || event.target.closest("[data-dialog-close]")) dialog.close();
});

document.addEventListener("htmx:load", (event) => {
  const dialog = event.target.matches?.("dialog[data-dialog-open]")
    ? event.target
    : event.target.querySelector?.("dialog[data-dialog-open]");
  if (dialog && !dialog.open) dialog.showModal();
});
