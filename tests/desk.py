"""An officer at a page's form, without a browser: what the inputs hold, typing over it, sending it."""

from html.parser import HTMLParser


class Inputs(HTMLParser):
    """What a browser would send of the form that edits: names and values, of radio buttons and boxes the checked ones."""

    def __init__(self, html: str):
        super().__init__()
        self.values, self._select, self._text, self._skip, self._is_in = {}, "", "", 0, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self._is_in = "edit" in (at.get("class") or "").split()
        self._skip += tag == "template"
        if self._skip or not self._is_in:
            return
        name = at.get("name", "")
        if tag == "input" and (at.get("type") not in ("radio", "checkbox") or "checked" in at):
            self.values[name] = at.get("value") or ""
        elif tag == "select":
            self._select = name
            self.values[name] = None
        elif tag == "option" and self._select and ("selected" in at or self.values[self._select] is None):
            self.values[self._select] = at.get("value") or ""
        elif tag == "textarea":
            self._text, self.values[name] = name, ""

    def handle_data(self, data):
        if self._text:
            self.values[self._text] += data.removeprefix("\n")

    def handle_endtag(self, tag):
        self._skip -= tag == "template"
        if tag == "form":
            self._is_in = False
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._text = ""


class Desk:
    """`desk("programs/alpha/edit/")` opens a form; `desk.send(name_en="…")` types into it and saves."""

    def __init__(self, client, by=None, language="en"):
        self.client, self.language = client, language
        if by:
            client.force_login(by)

    def __call__(self, address: str, status=200) -> "Desk":
        self.address = f"/{self.language}/{address}"
        return self._read(self.client.get(self.address), status)

    def send(self, expect=302, **typed) -> "Desk":
        sent = {name: value for name, value in (self.inputs | typed).items() if name and value is not None}
        self.sent = sent
        return self._read(self.client.post(self.address, sent), expect)

    def again(self, status=302) -> "Desk":
        return self._read(self.client.post(self.address, self.sent), status)

    def _read(self, response, status) -> "Desk":
        self.response, self.html = response, response.content.decode()
        assert response.status_code == status, (response.status_code, self.problems())
        self.inputs = Inputs(self.html).values
        return self

    def problems(self) -> list[str]:
        """The summary on top of a refused form."""
        from re import findall, sub

        found = findall(r'class="said error problems".*?</ul>', self.html, 16)
        return [sub(r"<[^>]+>", "", line) for line in findall(r"<li>.*?</li>", found[0])] if found else []
