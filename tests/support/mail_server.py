"""A mail server for the stories: keeps what arrives, and misbehaves towards whom it is told to.

Arguments: a folder. There lie `cert.pem` and `key.pem`; `rules.json` says how each recipient is
treated: `later` (450), `never` (550), `full` (552 behind the data), `drop` (taken, then the line
breaks), `lost` (the line breaks and nothing is kept), `stall` (silence behind the data, as long as that is the rule).
A recipient that ends in `*` is all that begin so; where the rule for `*` is `gone`, nobody answers at all.
Who signs in has the password, or a token (XOAUTH2) as a service on a second port gives them away: each
is good until the next is given, or its rule is `withdrawn`.
Prints `READY port port` when it listens.
"""
import asyncio
import base64
import http.server
import json
import pathlib
import ssl
import sys
import threading
import urllib.parse
import uuid

from aiosmtpd.smtp import SMTP, AuthResult

FOLDER = pathlib.Path(sys.argv[1])
ARRIVED = FOLDER / "arrived"
ARRIVED.mkdir(exist_ok=True)


def rule(address):
    rules = json.loads((FOLDER / "rules.json").read_text())
    alike = [name for name in rules if name.endswith("*") and address.startswith(name[:-1])]
    return rules.get(address) or (rules[max(alike, key=len)] if alike else "")


class Gone(asyncio.Protocol):
    def connection_made(self, transport):
        transport.abort()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = {"later": "450 4.2.1 mailbox busy", "never": "550 5.1.1 no such user"}
        answer = answers.get(rule(address), "250 OK")
        if answer == "250 OK":
            envelope.rcpt_tos.append(address)
        return answer

    async def auth_XOAUTH2(self, server, args):
        said = base64.b64decode(args[1]).decode()
        token = TOKENS[-1] if TOKENS else ""
        is_good = said == f"user=kwestura\x01auth=Bearer {token}\x01\x01" and rule(token) != "withdrawn"
        if not is_good:
            # As Office 365 does it: why not, as a question to which there is no answer.
            await server.challenge_auth(json.dumps({"status": "401"}))
        return AuthResult(success=is_good, handled=False)

    async def handle_DATA(self, server, session, envelope):
        how = rule(envelope.rcpt_tos[0])
        if how == "full":
            return "552 5.2.2 mailbox full"
        if how != "lost":
            name = uuid.uuid4().hex
            part = ARRIVED / (name + ".part")
            head = "\n".join(envelope.rcpt_tos).encode() + b"\n\n"
            part.write_bytes(head + envelope.content)
            part.rename(ARRIVED / (name + ".eml"))
        if how in ("drop", "lost"):
            server.transport.abort()
        while rule(envelope.rcpt_tos[0]) == "stall":
            await asyncio.sleep(0.02)
        return "250 2.0.0 queued"


TOKENS = []


class TokenService(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = dict(urllib.parse.parse_qsl(asked))
        wanted = {
            "grant_type": "client_credentials",
            "client_id": "kwestura/1",
            "client_secret": "s&cret=",
            "scope": "https://mail.example.edu/.default",
        }
        if asked == wanted:
            TOKENS.append(f"token-{len(TOKENS) + 1}")
            self.answer(200, {"access_token": TOKENS[-1], "token_type": "Bearer", "expires_in": 3600})
        elif asked["client_secret"] != wanted["client_secret"]:
            # A careless server: what it was sent is in its words.
            why = f"wrong: {asked['client_secret']}"
            self.answer(401, {"error": "invalid_client", "error_description": why})
        else:
            self.answer(400, {"error": "invalid_scope"})

    def answer(self, status, said):
        said = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args):
        pass


def known(server, session, envelope, mechanism, data):
    is_known = (data.login, data.password) == (b"kwestura", b"secret")
    return AuthResult(success=is_known, handled=False, auth_data=data)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")

    def line():
        if rule("*") == "gone":
            return Gone()
        return SMTP(
            Handler(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=known,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(line, "127.0.0.1", 0)
    tokens = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenService)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    print("READY", server.sockets[0].getsockname()[1], tokens.server_port, flush=True)
    await server.serve_forever()


asyncio.run(main())
