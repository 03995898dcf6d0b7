// Shows how a date or an amount is read while somebody types. The reading is always the server's.
function showReading(box) {
  const input = box.querySelector("input");
  const output = box.querySelector("output");
  let timer, running;
  const read = async () => {
    running = new AbortController();
    const url = new URL(box.dataset.read, location.href);
    url.searchParams.set("text", input.value);
    try {
      const answer = await fetch(url, { signal: running.signal });
      const { read, problem } = await answer.json();
      output.textContent = read ? `= ${read}` : problem;
      output.classList.toggle("wrong", Boolean(problem));
    } catch (error) {
      if (error.name !== "AbortError") output.textContent = "";
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    running?.abort();
    if (input.value.trim()) timer = setTimeout(read, 150);
    else output.textContent = "";
  });
}
document.querySelectorAll("[data-read]").forEach(showReading);
document.addEventListener("row-added", (event) => event.target.querySelectorAll("[data-read]").forEach(showReading));
