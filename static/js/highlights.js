// Marks words in the text being read, without touching it (CSS Custom Highlight API; where a browser has none,
// nothing is marked). The words are kept on this device, for each review.
const field = document.querySelector("[data-highlight-words]");

function pattern(words) {
  const parts = words
    .split("\n")
    .map((word) => word.trim())
    .filter((word) => word.length > 1)
    .map((word) => {
      const stem = word.replace(/\*+$/, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return word.endsWith("*") ? `${stem}[\\p{L}\\p{N}-]*` : `${stem}(?![\\p{L}\\p{N}])`;
    });
  return parts.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${parts.join("|")})`, "giu") : null;
}

function mark() {
  if (!globalThis.CSS?.highlights) return;
  CSS.highlights.delete("screening");
  const wanted = pattern(field.value);
  const root = document.querySelector(field.dataset.highlightIn);
  if (!wanted || !root) return;
  const ranges = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const match of node.data.matchAll(wanted)) {
      const range = new Range();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      ranges.push(range);
    }
  }
  CSS.highlights.set("screening", new Highlight(...ranges));
}

if (field) {
  const key = `highlights:${field.dataset.highlightWords}`;
  field.value = localStorage.getItem(key) ?? "";
  field.addEventListener("input", () => {
    localStorage.setItem(key, field.value);
    mark();
  });
  document.addEventListener("perennial:record", mark);
  mark();
}
