"""A mail server for the stories: keeps what arrives, and misbehaves towards whom it is told to.

Arguments: a folder. There lie `cert.pem` and `key.pem`; `rules.json` says how each recipient is
treated: `later` (450), `never` (550), `full` (552 behind the data), `drop` (taken, then the line
breaks), `lost` (the line breaks and nothing is kept), `stall` (silence behind the data).
Prints `READY port` when it listens.
"""
import asyncio
import json
import pathlib
import ssl
import sys
import uuid

from aiosmtpd.smtp import SMTP, AuthResult

FOLDER = pathlib.Path(sys.argv[1])
ARRIVED = FOLDER / "arrived"
ARRIVED.mkdir(exist_ok=True)


def rule(address):
    return json.loads((FOLDER / "rules.json").read_text()).get(address, "")


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = {"later": "450 4.2.1 mailbox busy", "never": "550 5.1.1 no such user"}
        answer = answers.get(rule(address), "250 OK")
        if answer == "250 OK":
            envelope.rcpt_tos.append(address)
        return answer

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
        if how == "stall":
            await asyncio.sleep(600)
        return "250 2.0.0 queued"


def known(server, session, envelope, mechanism, data):
    is_known = (data.login, data.password) == (b"kwestura", b"secret")
    return AuthResult(success=is_known, handled=False, auth_data=data)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")

    def line():
        return SMTP(
            Handler(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=known,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(line, "127.0.0.1", 0)
    print("READY", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
