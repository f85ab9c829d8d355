// Light, dark or the system's choice. Runs before the first paint, so it is a classic script in the head.
(() => {
  const STORE = "perennial-theme";
  const root = document.documentElement;

  function stored() {
    // Where a browser refuses storage, the choice lasts for this page only.
    try {
      return localStorage.getItem(STORE) || "system";
    } catch (error) {
      if (error instanceof DOMException) return root.dataset.theme || "system";
      throw error;
    }
  }

  function apply(choice) {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
  }

  function showChoice(choice) {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  }

  apply(stored());
  document.addEventListener("DOMContentLoaded", () => showChoice(stored()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const choice = button.dataset.themeChoice;
    try {
      localStorage.setItem(STORE, choice);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
    apply(choice);
    showChoice(choice);
  });
})();
