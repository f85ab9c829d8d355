// A button with data-insert puts its text where the cursor stands in the query, and gives the cursor back.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const query = document.getElementById("id_query");
  if (!button || !query) return;
  const { selectionStart: start, selectionEnd: end, value } = query;
  const text = button.dataset.insert;
  const gap = !text.startsWith("[") && start > 0 && !/[\s(]/.test(value[start - 1]) ? " " : "";
  query.setRangeText(gap + text, start, end, "end");
  query.focus();
  query.dispatchEvent(new Event("input", { bubbles: true }));
});
