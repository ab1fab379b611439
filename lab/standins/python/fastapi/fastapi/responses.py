import json


class Response:
    media_type = "application/octet-stream"

    def __init__(self, content="", status_code=200, media_type=None):
        self.status_code = status_code
        self.content = self.render(content)
        self.headers = [(b"content-type", (media_type or self.media_type).encode())]

    def render(self, content):
        return content if isinstance(content, bytes) else str(content).encode()


class PlainTextResponse(Response):
    media_type = "text/plain; charset=utf-8"


class HTMLResponse(Response):
    media_type = "text/html; charset=utf-8"


class JSONResponse(Response):
    media_type = "application/json"

    def render(self, content):
        return json.dumps(content, separators=(",", ":")).encode()
