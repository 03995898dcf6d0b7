// The form of a report: a row more without asking the server, and what was typed is saved after each pause.
// Without this file the buttons do the same. What the server says is shown; the focus is never moved.
(() => {
  const form = document.querySelector("form[data-report]");
  if (!form) return;
  const PAUSE = 1500; // ms
  const status = document.getElementById("saved");
  let isChanged = form.dataset.report === "typed";
  let isStale = Boolean(form.querySelector(".clash")); // two texts stand there: the person chooses and saves
  let isLeaving = false;
  let timer, running, waiting; // `waiting`: the button that was pressed while it was being saved
  let pending = false; // typed while it was being saved

  function addRow(button) {
    const section = button.value.slice("add:".length);
    const numbers = [...form.querySelectorAll(`input[name="${section}"]`)].map((one) => Number(one.value.replace("new-", "")) || 0);
    const n = Math.max(0, ...numbers) + 1;
    const pattern = document.getElementById(`pattern-${section}`);
    const holder = document.createElement("table");
    holder.innerHTML = pattern.innerHTML.replaceAll("__n__", `new-${n}`).replaceAll("__m__", n);
    const row = holder.querySelector("tbody");
    pattern.closest("details").querySelector("table.new").append(row);
    row.dispatchEvent(new CustomEvent("row-added", { bubbles: true }));
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  function show(text, isWrong) {
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }

  // Each problem at its input, as the server draws it.
  function showFaults(faults) {
    form.querySelectorAll(".errorlist").forEach((list) => list.remove());
    form.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
    form.querySelectorAll("td.wrong, .field.wrong").forEach((place) => place.classList.remove("wrong"));
    for (const { name, message } of faults) {
      const input = name && [...form.elements].find((one) => one.name === name);
      if (!input) continue;
      const list = document.createElement("ul");
      list.className = "errorlist";
      list.id = `${input.id}_error`;
      list.append(Object.assign(document.createElement("li"), { textContent: message }));
      const place = input.closest("td, .field");
      (input.closest(".record-input, .read-input") || input).before(list);
      place?.classList.add("wrong");
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", list.id);
    }
  }

  async function save() {
    if (running || isStale) return;
    running = true;
    isChanged = false;
    show(form.dataset.saving, false);
    const sent = new FormData(form);
    sent.delete("files");
    sent.set("do", "autosave");
    try {
      const answer = await fetch(location.pathname, { method: "POST", body: sent, headers: { Accept: "application/json" } });
      const { version, said, faults } = await answer.json();
      show(said, !answer.ok);
      if (answer.ok) {
        form.elements.version.value = version;
        showFaults(faults);
      } else {
        isChanged = true;
        isStale = answer.status === 409;
      }
    } catch {
      isChanged = true;
      show(form.dataset.away, true);
    }
    running = false;
    if (waiting) return form.requestSubmit(waiting);
    if (pending && !isStale) later();
    pending = false;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }
  function typed(event) {
    if (event.target.type === "file") return;
    isChanged = true;
    pending = Boolean(running);
    if (!isLeaving) later();
  }
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("click", (event) => {
    const button = event.target.closest('button[value^="add:"]');
    if (!button) return;
    event.preventDefault();
    addRow(button);
  });
  form.addEventListener("submit", (event) => {
    isLeaving = true;
    clearTimeout(timer);
    if (!running) return;
    waiting = event.submitter;
    event.preventDefault();
  });
  window.addEventListener("pageshow", () => {
    isLeaving = false;
    waiting = undefined;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged && !isLeaving) event.preventDefault();
  });
})();
