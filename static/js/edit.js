// Conveniences of forms that edit: a row more without asking the server, and a warning before leaving what is not saved.
(() => {
  const form = document.querySelector("form.edit[data-sheet]");
  if (!form) return;

  function addRow(button) {
    const pattern = document.getElementById(`pattern-${button.value}`);
    const count = form.elements[`${button.value}-count`];
    const n = Number(count.value);
    const holder = document.createElement("table");
    holder.innerHTML = pattern.innerHTML.replaceAll("__n__", n).replaceAll("__m__", n + 1);
    const row = holder.querySelector("tbody");
    pattern.closest("section").querySelector("table").append(row);
    count.value = n + 1;
    row.dispatchEvent(new CustomEvent("row-added", { bubbles: true }));
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=add]");
    if (!button) return;
    event.preventDefault();
    addRow(button);
    isChanged = true;
  });

  // Typing the day says that it is a change from that day.
  form.addEventListener("input", (event) => {
    isChanged = true;
    const change = form.querySelector('[name="change-nature"][value="change"]');
    if (event.target.name === "change-changed_on" && event.target.value.trim() && change) change.checked = true;
  });

  let isChanged = form.dataset.sheet === "typed";
  let isLeaving = false;
  form.addEventListener("submit", () => { isLeaving = true; });
  window.addEventListener("pageshow", () => { isLeaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged && !isLeaving) event.preventDefault();
  });
})();
