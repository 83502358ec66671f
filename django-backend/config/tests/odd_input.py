"""What nobody means to send: bodies, values, addresses, headers and forms that are wrong on purpose."""

from typing import Any, Final

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data; boundary=x"
TOO_LARGE: Final = 2_700_000

# Body, content type, and the answer of every operation that takes JSON.
MALFORMED: Final = {
    "no JSON": (b"{", "application/json", (400, "parse_error")),
    "text behind it": (b"{} x", "application/json", (400, "parse_error")),
    "not a number": (b'{"price": NaN}', "application/json", (400, "parse_error")),
    "5,000 digits": (b'{"price": %s}' % (b"9" * 5_000), "application/json", (400, "parse_error")),
    "invalid UTF-8": (b'{"reason": "\xff\xfe"}', "application/json", (400, "parse_error")),
    "a byte order mark": (b"\xef\xbb\xbf{}", "application/json", (400, "parse_error")),
    "100,000 open lists": (b"[" * 100_000, "application/json", (400, "parse_error")),
    "10,000 lists": (b"[" * 10_000 + b"]" * 10_000, "application/json", (400, "parse_error")),
    "10,000 objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "application/json", (400, "parse_error")),
    "850 levels": (b'{"team": %s%s}' % (b"[" * 850, b"]" * 850), "application/json", (400, "parse_error")),
    "UTF-16": ("{}".encode("utf-16"), "application/json; charset=utf-16", (400, "parse_error")),
    "too large": (b" " * TOO_LARGE, "application/json", (413, "body_too_large")),
    "plain text": (b"{}", "text/plain", (415, "unsupported_media_type")),
    "a form": (b"reason=x", FORM, (415, "unsupported_media_type")),
    "a list": (b"[]", "application/json", (400, "invalid")),
    "a text": (b'"{}"', "application/json", (400, "invalid")),
}
NUL: Final = "\0"
# Cannot be stored: the answer is a refusal, of whatever field.
UNSTORABLE: Final = (NUL, f"a{NUL}", "\ud800", "a\udfff")
VALUES: Final[tuple[Any, ...]] = (
    *("", "x" * 3_000, True, -1, [], {}, [[[]]], {"a": {"b": 1}}, None, [NUL], ["\ud800"], [{}]),
    *({"\ud800": NUL}, {"by_event": {"\ud800": "1"}}, "1e400", "NaN", "9" * 5_000, 10**400),
)
# As Python's parser would not write them.
NUMBERS: Final = ("1e400", "-0.0", "9" * 4_000, "[1e400]")

IN_PATHS: Final = ("%00", "9" * 400, "_00", "%ED%A0%80", "1e400", "%25", "~", "%E2%80%AE")
IN_QUERIES: Final = ("9" * 5_000, "1e400", "%ED%A0%80", "[]", "", "abc")
# Cursors of `[`, a thousand times, and of a NUL and half a surrogate pair.
CURSORS: Final = ("W1tb" * 9_000, "WyJcdTAwMDAiXQ==", "W2ZhbHNlLCAiXHUwMDAwIl0=", "W2ZhbHNlLCAiXHVkODAwIl0=")

HEADERS: Final = (
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer a b"},
    {"Authorization": "Bearer \xff"},
    {"Authorization": "Bearer " + "x" * 5_000},
    {"Authorization": "Basic \0"},
    {"X-Session-Token": "\0" * 32},
    {"X-Session-Token": "x" * 5_000},
    {"X-Session-Token": "\xff" * 32},
    # Cookies may spell what no header may hold.
    {"Cookie": 'sessionid="' + r"\000" * 32 + '"'},
    {"Cookie": r'csrftoken="\000"; messages="\000"'},
    {"Cookie": "sessionid=" + "x" * 5_000},
    {"Cookie": "sessionid=\xff\xfe; csrftoken=\xff; messages=\xff"},
    {"Accept": "\0"},
    {"Accept": "*/*;q=abc, ;;, /"},
    {"Accept-Language": "x" * 600},
    {"Accept-Language": "de;q=9e999"},
    {"Idempotency-Key": "\0"},
    {"If-None-Match": '"'},
    {"If-Modified-Since": "Thu, 01 Jan 99999999999999 00:00:00 GMT"},
    {"X-Forwarded-For": "\xff, " + "9" * 5_000},
    {"X-Request-ID": "\xff" * 999},
    {"Host": "evil.example"},
    {"Host": "\0"},
    {"Origin": "http://[::1"},
    {"Referer": "http://[::1"},
    {"Range": "bytes=9-1"},
    {"X-Email-Verification-Key": "\xff:\xff:\xff"},
    {"X-Password-Reset-Key": "z" * 60 + "-\xff"},
    {"X-Slack-Request-Timestamp": "9" * 400},
    {"X-Slack-Request-Timestamp": "9" * 5_000},
    {"X-Slack-Request-Timestamp": "\xb2"},
    {"X-Slack-Signature": "\xff"},
)
CODINGS: Final = ("utf-16", "utf-7", "punycode", "unicode_escape", "base64", "rot13", "idna", "zlib", "no-such-coding")
CONTENT_TYPES: Final = ("", "multipart/form-data", "multipart/form-data; boundary=\xff", "text/plain", "a/b;c", ";;")


def _part(headers: bytes, content: bytes = b"x") -> bytes:
    return b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (headers, content)


BROKEN_MULTIPART: Final = (
    b"",
    b"--x",
    b"--x\r\n",
    _part(b'name="file"; filename="a.csv"', b"team")[:-2],  # cut off
    _part(b'name="\0"', b"\0") + b"--x--\r\n",
    _part(b'name="file"; filename="\0"', b"\0") + b"--x--\r\n",
    _part(b'name="file"; filename="a.csv"\r\nContent-Transfer-Encoding: base64', b"=") + b"--x--\r\n",
    _part(b'name="dry_run"\r\nContent-Transfer-Encoding: base64', b"=") + b"--x--\r\n",
    _part(b"name*=utf-7''%00") + b"--x--\r\n",
    _part(b"name=\"file\"; filename*=punycode''%ff") + b"--x--\r\n",
    b"".join(_part(b'name="a%d"' % number) for number in range(1_100)) + b"--x--\r\n",
    b"".join(_part(b'name="a%d"; filename="f"' % number) for number in range(110)) + b"--x--\r\n",
    _part(b'name="dry_run"', b"x" * TOO_LARGE) + b"--x--\r\n",
)
BROKEN_FORMS: Final = (
    b"%00=%00",
    b"payload=%00",
    b"a&" * 1_100,
    b"payload=" + b"x" * TOO_LARGE,
    b"%ff=%ff",
    b"=",
    b"&;&",
)
IN_FORMS: Final = (NUL, "9" * 5_000, "1e400", "[]")
