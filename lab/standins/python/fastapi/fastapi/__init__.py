"""Stand-in for FastAPI: paths with {parameters}, plain functions or coroutines, JSON answers."""
import inspect
import json
import re

from .responses import JSONResponse, Response

__all__ = ["FastAPI", "HTTPException", "Request", "Response"]


class HTTPException(Exception):
    def __init__(self, status_code, detail=""):
        super().__init__(detail)
        self.status_code, self.detail = status_code, detail


class Request:
    def __init__(self, scope, content):
        self.scope, self.content, self.method = scope, content, scope["method"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

    async def body(self):
        return self.content

    async def json(self):
        return json.loads(self.content or b"null")


class FastAPI:
    def __init__(self, title="", version="0", lifespan=None, **_ignored):
        self.title, self.version, self.routes, self.starting, self.stopping = title, version, [], [], []

    def route(self, method, path):
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + r"\Z")

        def keep(function):
            self.routes.append((method, pattern, function))
            return function

        return keep

    def get(self, path, **_ignored):
        return self.route("GET", path)

    def post(self, path, **_ignored):
        return self.route("POST", path)

    def put(self, path, **_ignored):
        return self.route("PUT", path)

    def delete(self, path, **_ignored):
        return self.route("DELETE", path)

    def on_event(self, name):
        def keep(function):
            (self.starting if name == "startup" else self.stopping).append(function)
            return function

        return keep

    async def call(self, function, *arguments, **named):
        result = function(*arguments, **named)
        return await result if inspect.isawaitable(result) else result

    async def lifespan(self, receive, send):
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    for function in self.starting:
                        await self.call(function)
                except Exception as error:
                    return await send({"type": "lifespan.startup.failed", "message": repr(error)})
                await send({"type": "lifespan.startup.complete"})
            else:
                for function in self.stopping:
                    await self.call(function)
                return await send({"type": "lifespan.shutdown.complete"})

    async def find(self, scope, content):
        seen = False
        for method, pattern, function in self.routes:
            found = pattern.match(scope["path"])
            if not found:
                continue
            seen = True
            if method == scope["method"] or (method == "GET" and scope["method"] == "HEAD"):
                named = found.groupdict()
                for name, parameter in inspect.signature(function).parameters.items():
                    if parameter.annotation is Request or name == "request":
                        named[name] = Request(scope, content)
                return await self.call(function, **named)
        raise HTTPException(405, "Method Not Allowed") if seen else HTTPException(404, "Not Found")

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self.lifespan(receive, send)
        content = (await receive()).get("body", b"")
        try:
            result = await self.find(scope, content)
            response = result if isinstance(result, Response) else JSONResponse(result)
        except HTTPException as error:
            response = JSONResponse({"detail": error.detail}, status_code=error.status_code)
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.content})
