// [data-copy="id"] copies the value or the text of that element, and says so on itself.
const SAYS_COPIED_MS = 2000;

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent.trim();
  const label = button.querySelector("[data-copy-label]") ?? button;
  const before = button.dataset.copyBefore ?? label.textContent;
  button.dataset.copyBefore = before;
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = "Copied";
  } catch {
    // No clipboard without HTTPS or permission: the text is selected, Ctrl+C does the rest.
    if ("select" in source) source.select();
    else getSelection().selectAllChildren(source);
    label.textContent = "Press Ctrl+C";
  }
  document.dispatchEvent(new CustomEvent("perennial:say", { detail: label.textContent }));
  setTimeout(() => {
    label.textContent = before;
  }, SAYS_COPIED_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
