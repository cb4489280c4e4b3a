"""A person at a browser, as far as a provider of single sign-on needs one: follows redirections, keeps
cookies, fills in every form with a login and a password.

    sso_browser.py JAR ADDRESS STOP [LOGIN PASSWORD]

Prints the address at which it arrives that begins with STOP; without such, the last page's address.
"""
import html.parser
import http.cookiejar
import sys
import urllib.error
import urllib.parse
import urllib.request

jar_path, address, stop = sys.argv[1:4]
login, password = (sys.argv[4:6] + ["", ""])[:2]


class Form(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.action, self.fields, self.seen = None, {}, False

    def handle_starttag(self, tag, attributes):
        at = dict(attributes)
        if tag == "form" and not self.seen:
            self.seen, self.action = True, at.get("action") or ""
        elif tag in ("input", "button") and self.seen and at.get("name"):
            name, kind = at["name"], at.get("type", "text")
            if name in ("login", "username"):
                self.fields[name] = login
            elif kind == "password":
                self.fields[name] = password
            elif kind == "hidden" or (tag == "button" and name not in self.fields):
                self.fields[name] = at.get("value") or ""


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


jar = http.cookiejar.LWPCookieJar(jar_path)
try:
    jar.load(ignore_discard=True)
except FileNotFoundError:
    pass
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), Stay)
body = None
for _ in range(20):
    if stop and address.startswith(stop):
        break
    try:
        answer = browser.open(urllib.request.Request(address, data=body), timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    body = None
    if answer.code in (301, 302, 303, 307, 308):
        address = urllib.parse.urljoin(address, answer.headers["location"])
        continue
    form = Form()
    form.feed(answer.read().decode())
    if not form.seen or (not login and "logout" not in form.fields):
        break
    address = urllib.parse.urljoin(address, form.action)
    body = urllib.parse.urlencode(form.fields).encode()
jar.save(ignore_discard=True)
print(address)
