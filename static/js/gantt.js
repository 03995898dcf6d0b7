// Folds and unfolds the rows of a large timeline without leaving the page; without it the same links load the page anew.
"use strict";

(() => {
  const drawn = () => document.getElementById("gantt");

  async function show(address, remember) {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const here = drawn(), there = fresh.getElementById("gantt");
    if (!there) throw new Error("no drawing");
    const isOpen = here.querySelector("details.twin")?.open;
    here.replaceWith(document.adoptNode(there));
    if (isOpen) there.querySelector("details.twin").open = true;
    if (remember) history.pushState(null, "", address);
    const [beyond, newBeyond] = [document, fresh].map((page) => page.querySelector(".beyond"));
    if (beyond && newBeyond) beyond.replaceWith(document.adoptNode(newBeyond));
  }

  document.addEventListener("click", async (click) => {
    const link = click.target.closest?.("#gantt a.fold");
    if (!link || click.button || click.ctrlKey || click.metaKey || click.shiftKey || click.altKey) return;
    click.preventDefault();
    const href = link.getAttribute("href"), row = link.closest("[role=listitem]")?.id;
    try {
      await show(href.replace(/#.*/, ""), true);
      if (row) document.getElementById(row)?.querySelector("a.fold")?.focus({ preventScroll: true });
    } catch {
      location.assign(href);
    }
  });

  addEventListener("popstate", () => show(location.href, false).catch(() => location.reload()));
})();
