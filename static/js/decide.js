// Conveniences of deciding: the button counts as one chooses, and all of a section is accepted at once.
// Without this file the server does both.
(() => {
  const form = document.getElementById("deciding");
  const button = document.getElementById("decide");
  if (!form || !button) return;
  const words = button.dataset;

  function count() {
    const picked = (what) => form.querySelectorAll(`input[type=radio][value=${what}]:checked`).length;
    const all = form.querySelectorAll("input[type=radio][value=accept]").length;
    const numbers = { accept: picked("accept"), return: picked("return") };
    numbers.left = all - numbers.accept - numbers.return;
    const said = Object.keys(numbers).filter((name) => numbers[name])
      .map((name) => words[name].replace("%d", numbers[name])).join(", ");
    button.textContent = said.charAt(0).toUpperCase() + said.slice(1);
  }

  form.addEventListener("change", (event) => {
    if (event.target.type === "radio") count();
  });

  form.addEventListener("click", (event) => {
    const pressed = event.target.closest("button[name=do]");
    const [what, name] = (pressed?.value || "").split(":");
    if (!name) return;
    event.preventDefault();
    const within = name === "all" ? form : form.querySelector(`[data-section="${CSS.escape(name)}"]`);
    for (const radio of within.querySelectorAll(`input[type=radio][value=${what}]`)) radio.checked = true;
    count();
  });

  count();
})();
