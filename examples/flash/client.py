"""Asks the server what is in a picture: `client.py [PICTURE [URL]]`."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

from PIL import Image, ImageDraw

URL = "http://127.0.0.1:8000/predict"


def picture() -> bytes:
    """A fish, for those who have no picture."""
    drawn = Image.new("RGB", (96, 64), "#1f6f8b")
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((16, 16, 72, 48), fill="#ff8c42")
    pen.polygon([(66, 32), (90, 14), (90, 50)], fill="#ff8c42")
    pen.ellipse((26, 24, 32, 30), fill="black")
    content = BytesIO()
    drawn.save(content, "PNG")
    return content.getvalue()


def ask(content: bytes, url: str = URL) -> dict[str, object]:
    body = {"session": "UUID", "payload": {"img": {"data": b64encode(content).decode()}}}
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as reply:
        answer: dict[str, object] = json.load(reply)
    return answer


if __name__ == "__main__":
    given = sys.argv[1:] + ["", ""][len(sys.argv[1:]) :]
    content = Path(given[0]).read_bytes() if given[0] else picture()
    print(json.dumps(ask(content, given[1] or URL)))
