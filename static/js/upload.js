// Shows how much of an upload is sent. Without it the browser's own sign does.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.upload");
  if (!form || !form.files.files.length) return;
  event.preventDefault();
  const sent = document.getElementById("sent");
  const said = form.querySelector("[role=status]");
  const request = new XMLHttpRequest();
  form.querySelector(".progress").hidden = false;
  form.querySelector("button").disabled = true;
  said.textContent = said.dataset.sending;
  request.upload.addEventListener("progress", (now) => {
    if (now.lengthComputable) sent.value = Math.round((100 * now.loaded) / now.total);
    if (now.loaded === now.total) said.textContent = said.dataset.checking;
  });
  request.addEventListener("load", () => {
    const isDone = request.status < 400 && request.responseURL.split("?")[0] !== location.href.split("?")[0];
    if (isDone) {
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
    document.querySelector("[role=alert]")?.focus();
  });
  request.addEventListener("error", () => form.submit());
  request.open("POST", location.href);
  request.send(new FormData(form));
});
