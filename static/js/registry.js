// Conveniences only: every page is complete without this file.
// "/" goes to the find box, "?" opens the page's explanation, Escape leaves the find box.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const find = document.getElementById("find");
  if (event.key === "Escape" && event.target === find) find.blur();
  if (typing) return;
  if (event.key === "/" && find) {
    event.preventDefault();
    find.focus();
    find.select();
  }
  if (event.key === "?") {
    const help = document.getElementById("help");
    if (!help) return;
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  }
});
