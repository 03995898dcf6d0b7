// Draws a job anew each second, as the server says it, until the job is over.
// Without this file the page asks for itself again.
const EACH = 1000;

async function refresh() {
  if (!document.querySelector("#job[data-live]")) return;
  try {
    const response = await fetch(location.href, { credentials: "same-origin" });
    if (response.status === 404 || response.redirected) return location.reload();
    if (response.ok) draw(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // the server is away for a moment: the next round asks again
  }
  setTimeout(refresh, EACH);
}

function draw(page) {
  const old = document.getElementById("job");
  const job = page.getElementById("job");
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const state = job.querySelector(".chip").textContent;
  if (state !== old.querySelector(".chip").textContent) document.getElementById("state-said").textContent = state;
  old.replaceWith(job);
  document.getElementById("jobs-note").replaceWith(page.getElementById("jobs-note"));
  if (focused) (document.getElementById(focused) || document.getElementById("main")).focus();
}

setTimeout(refresh, EACH);
