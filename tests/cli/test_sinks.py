# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Alerts reach small servers on loopback: webhook (signed, tried again), Slack, Telegram, syslog over UDP, TCP and a socket
file, a mail relay, a command; and what a sink will not take is kept."""
import hashlib
import hmac
import http.server
import json
import socket
import socketserver
import threading
import time

from tests.cli.support import CliTest

TROUBLE = '{"type":"status","chain":"eth","state":"unavailable","block":7,"time":"2026-01-01T00:00:0%dZ","text":"node <b>&\\n.%d"}\n'
SECRET, TOKEN = "not very secret", "123:abc"


class Sinks(CliTest):
    def serve(self, server):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def http(self, answers=()):
        """A server that gives these statuses first, then 200; what it got is in the list."""
        got, left = [], list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, dict(self.headers), body))
                self.send_response(left.pop(0) if left else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        return self.serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)), got

    def lines(self, kind, place=("127.0.0.1", 0)):
        """A syslog server: every datagram or connection as it came."""
        got = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                if isinstance(self.request, tuple):
                    got.append(self.request[0])
                    return
                data = b""
                while piece := self.request.recv(4096):
                    data += piece
                got.append(data)

        return self.serve(kind(place, Handler)), got

    def relay(self):
        got = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 relay\r\n")
                said, mail, in_mail = [], [], False
                for line in self.rfile:
                    line = line.decode()
                    if in_mail:
                        in_mail = line != ".\r\n"
                        if in_mail:
                            mail.append(line[1:] if line.startswith(".") else line)
                        else:
                            got.append((said, "".join(mail)))
                            self.wfile.write(b"250 taken\r\n")
                        continue
                    said.append(line.strip())
                    in_mail = line.startswith("DATA")
                    self.wfile.write(b"354 go on\r\n" if in_mail else b"221 bye\r\n" if line.startswith("QUIT") else b"250 ok\r\n")
                    if line.startswith("QUIT"):
                        return

        return self.serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)), got

    def watch(self, sinks, count=1, code=1):
        events = self.file("events.jsonl", "".join(TROUBLE % (n, n) for n in range(count)))
        config = self.file("sinks.yaml", "version: 1\nsinks:\n" + "".join(f"  - {{{each}}}\n" for each in sinks))
        return self.call("watch", "--replay", f"events:{events}", "--state", self.folder / "state", "--sinks", config,
                         "--format", "jsonl", code=code)

    def test_webhook_is_signed_and_tried_again_under_one_key(self):
        port, got = self.http([503])
        key = self.file("hook.key", SECRET + "\n")
        sink = f'name: hook, type: webhook, url: "http://127.0.0.1:{port}/hook", secret_file: {key}'
        first = self.watch([sink])
        alert = json.loads(first.out)
        self.assertIn("1 alerts wait", first.err)
        time.sleep(1.1)  # The second try is due a second after the first.
        self.watch([sink], code=(0, 1))
        self.assertEqual([path for path, _, _ in got], ["/hook", "/hook"])
        self.assertEqual(len({headers["Idempotency-Key"] for _, headers, _ in got}), 1)
        for _, headers, body in got:
            self.assertEqual(json.loads(body)["data"]["id"], alert["data"]["id"])
            signed = headers["X-Cordon-Timestamp"].encode() + b"." + body
            self.assertEqual(headers["X-Cordon-Signature"],
                             "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())

    def test_slack_and_telegram(self):
        port, got = self.http()
        token = self.file("token", TOKEN)
        self.watch([f'name: ops, type: slack, url: "http://127.0.0.1:{port}/slack"',
                    f'name: chat, type: telegram, chat: "-100", token_file: {token}, url: "http://127.0.0.1:{port}"'])
        bodies = {path: json.loads(body) for path, _, body in got}
        self.assertEqual(set(bodies), {"/slack", f"/bot{TOKEN}/sendMessage"})
        self.assertIn("&lt;b&gt;&amp;", bodies["/slack"]["text"])
        self.assertEqual(bodies[f"/bot{TOKEN}/sendMessage"]["chat_id"], "-100")

    def test_syslog(self):
        unix = self.folder / "log"
        udp, datagrams = self.lines(socketserver.UDPServer)
        tcp, streams = self.lines(socketserver.ThreadingTCPServer)
        _, local = self.lines(socketserver.UnixDatagramServer, str(unix))
        self.watch([f'name: udp, type: syslog, address: "udp://127.0.0.1:{udp}"',
                    f'name: tcp, type: syslog, address: "tcp://127.0.0.1:{tcp}"',
                    f'name: local, type: syslog, address: "unix:{unix}", facility: 4'])
        self.until(lambda: datagrams and streams and local)
        self.assertRegex(datagrams[0], rb"^<\d+>1 2026-01-01T00:00:00")
        size, line = streams[0].split(b" ", 1)  # RFC 6587: the length before the message.
        self.assertEqual(int(size), len(line))
        self.assertEqual(line, datagrams[0])
        self.assertEqual(int(local[0][1:local[0].index(b">")]) // 8, 4)
        self.assertNotIn(b"\n", datagrams[0])

    def test_mail(self):
        port, got = self.relay()
        self.watch([f'name: mail, type: smtp, relay: "127.0.0.1:{port}", from: a@example.org, '
                    'to: [b@example.org, c@example.org], starttls: false'])
        [(said, mail)] = got
        self.assertEqual([line for line in said if line.startswith(("MAIL", "RCPT"))],
                         ["MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "RCPT TO:<c@example.org>"])
        self.assertIn("To: b@example.org, c@example.org", mail)
        self.assertIn("No endpoint answers", mail)

    def test_a_relay_without_starttls_gets_nothing_when_it_is_required(self):
        port, got = self.relay()
        answer = self.watch([f'name: mail, type: smtp, relay: "127.0.0.1:{port}", from: a@example.org, to: [b@example.org]'])
        self.assertEqual(got, [])
        self.assertIn("1 alerts wait", answer.err)

    def test_command_gets_the_envelope(self):
        out = self.folder / "got"
        self.watch([f'name: hold, type: command, argv: [/bin/sh, "-c", "cat > {out}"]'])
        self.assertEqual(json.loads(out.read_text())["kind"], "alert")

    def test_send_test_says_which_sink_fails(self):
        port, got = self.http()
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            config = self.file("sinks.yaml", "version: 1\nsinks:\n"
                               f'  - {{name: good, type: webhook, url: "http://127.0.0.1:{port}/"}}\n'
                               f'  - {{name: bad, type: webhook, url: "http://127.0.0.1:{nobody.getsockname()[1]}/key"}}\n')
            answer = self.call("doctor", "alerts", "--sinks", config, "--send-test", code=1)
        self.assertEqual(len(got), 1)
        self.assertRegex(answer.out, r"(?m)^good .*sent")
        self.assertRegex(answer.out, r"(?m)^bad ")
        self.assertNotIn("/key", answer.out + answer.err)

    def until(self, true):
        for _ in range(100):
            if true():
                return
            time.sleep(0.05)
        self.fail("it did not come")
