// Makes an input that names a record into a combobox (ARIA 1.2: a text box with a list that it controls).
// Without this file the server reads what was typed and offers those that may be meant.
(() => {
  const WAIT = 150;

  class Combobox {
    constructor(box) {
      this.box = box;
      this.input = box.querySelector("input[type=text]");
      this.said = box.querySelector("input[name$=_said]");
      this.reading = box.querySelector(".reading");
      this.at = -1;
      this.results = [];
      this.list = document.createElement("ul");
      this.list.id = `${this.input.id}_list`;
      this.list.className = "suggestions";
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", this.input.labels[0]?.textContent.trim() || this.input.name);
      this.status = document.createElement("span");
      this.status.className = "unseen";
      this.status.setAttribute("role", "status");
      this.input.after(this.list, this.status);
      for (const [name, value] of Object.entries({
        role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
      })) this.input.setAttribute(name, value);
      // While Hangul is being composed, "input" comes for each stroke: asking does not disturb it. The text itself is never touched.
      this.input.addEventListener("input", () => this.ask());
      this.input.addEventListener("compositionend", () => this.ask());
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => this.close());
      this.list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the input
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose(Number(option.dataset.at));
      });
    }

    ask() {
      clearTimeout(this.timer);
      this.running?.abort();
      const text = this.input.value.trim();
      if (!text) return this.close();
      this.timer = setTimeout(() => this.fetch(text), WAIT);
    }

    async fetch(text) {
      this.running = new AbortController();
      const url = new URL(this.box.dataset.suggest, location.href);
      url.searchParams.set("q", text);
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: this.running.signal });
        if (!answer.ok) return this.close();
        const { results, said } = await answer.json();
        if (document.activeElement === this.input) this.show(results, said);
      } catch (error) {
        if (error.name !== "AbortError") this.close(); // offline: the server still reads what was typed
      }
    }

    show(results, said) {
      this.results = results;
      this.list.replaceChildren(...results.map((one, at) => this.option(one, at)));
      this.status.textContent = said;
      this.point(-1);
      this.toggle(results.length > 0);
    }

    option(one, at) {
      const item = document.createElement("li");
      item.id = `${this.list.id}_${at}`;
      item.dataset.at = at;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const add = (tag, text, kind) => {
        const part = document.createElement(tag);
        part.textContent = text;
        part.className = kind;
        item.append(part, " ");
      };
      add("b", one.label, "");
      if (one.other) add("span", one.other, "soft");
      if (one.reached) add("span", `(${one.reached})`, "soft");
      add("span", [one.word, one.apart].filter(Boolean).join(" · "), "sub");
      return item;
    }

    key(event) {
      if (event.isComposing || event.keyCode === 229) return; // this key belongs to the syllable
      const isOpen = !this.list.hidden;
      const last = this.results.length - 1;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!isOpen) return this.results.length ? this.toggle(true) : this.ask();
        if (event.key === "ArrowDown") this.point(this.at < last ? this.at + 1 : 0);
        else this.point(this.at > 0 ? this.at - 1 : last);
      } else if (event.key === "Enter" && isOpen && this.at >= 0 && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.choose(this.at);
      } else if (event.key === "Escape" && isOpen) {
        event.preventDefault();
        this.close();
      }
    }

    point(at) {
      this.list.children[this.at]?.setAttribute("aria-selected", "false");
      this.at = at;
      const option = this.list.children[at];
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) this.input.setAttribute("aria-activedescendant", option.id);
      else this.input.removeAttribute("aria-activedescendant");
    }

    choose(at) {
      const one = this.results[at];
      this.box.querySelector(".options")?.remove();
      this.box.querySelector(".create")?.remove();
      this.input.value = one.label;
      this.said.value = one.label;
      this.id().value = one.id;
      this.reading.textContent = [one.other, one.apart || one.word].filter(Boolean).join(" · ");
      this.close();
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    // The hidden input of the id; where the server offered radio buttons, they give way to it.
    id() {
      const name = this.said.name.replace(/_said$/, "_id");
      const found = this.box.querySelector(`input[type=hidden][name="${CSS.escape(name)}"]`);
      if (found) return found;
      const made = Object.assign(document.createElement("input"), { type: "hidden", name });
      this.said.after(made);
      return made;
    }

    close() {
      clearTimeout(this.timer);
      this.running?.abort();
      this.toggle(false);
      this.point(-1);
    }

    toggle(isOpen) {
      this.list.hidden = !isOpen;
      this.input.setAttribute("aria-expanded", String(isOpen));
    }
  }

  const enhance = (root) => root.querySelectorAll("[data-suggest]").forEach((box) => new Combobox(box));
  enhance(document);
  document.addEventListener("row-added", (event) => enhance(event.target));
})();
