// Conveniences only: every page is complete without this file. templates/parts/keys.html explains the keys.
// An element takes part by itself: rel="next" and rel="prev" links, data-key="e" for editing, class "edit" on a form.
const TARGETS = {
  n: 'a[rel="next"]', j: 'a[rel="next"]', p: 'a[rel="prev"]', k: 'a[rel="prev"]', e: '[data-key="e"]',
};

function isTyping(element) {
  return Boolean(element.closest("input, textarea, select, [contenteditable], [role=combobox]"));
}

// With the Korean keyboard on, the key of "n" says "ㅜ": then its place on the keyboard counts.
function letter(event) {
  return /^[ㄱ-ㅣ]$/.test(event.key) && event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
}

function explain() {
  const dialog = document.getElementById("keys");
  if (!dialog) return false;
  if (dialog.open) dialog.close();
  else dialog.showModal();
  return true;
}

function save(event) {
  const form = event.target.closest("form.edit") || document.querySelector("form.edit");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const key = letter(event);
  if ((event.ctrlKey || event.metaKey) && !event.altKey && (key.toLowerCase() === "s" || key === "Enter")) save(event);
  const find = document.getElementById("find");
  if (event.key === "Escape" && event.target === find) find.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (key === "?") {
    if (explain()) event.preventDefault();
  } else if (document.querySelector("dialog[open]")) {
    return;
  } else if (key === "/" && find) {
    event.preventDefault();
    find.focus();
    find.select();
  } else if (Object.hasOwn(TARGETS, key) && !event.shiftKey) {
    document.querySelector(TARGETS[key])?.click();
  }
});

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens=keys]");
  if (opens && !event.ctrlKey && !event.metaKey && explain()) event.preventDefault();
});
